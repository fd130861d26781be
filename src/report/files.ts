/** The report's script and style, which esbuild makes of `page/`, found beside the package's other files. */
import { REPORT_SCRIPT, REPORT_STYLE, readAsset } from "../platform/assets.node.js";

/** Addresses of the two files. */
export interface ReportFiles {
  /** Address of `report.js`, or its text. */
  script: URL | string;
  /** Address of `report.css`, or its text. */
  style: URL | string;
}

let files: ReportFiles = { script: REPORT_SCRIPT, style: REPORT_STYLE };

/** Takes the files from these addresses from now on. */
export function useReportFiles(from: ReportFiles): void {
  files = from;
}

export interface PageFiles {
  script: string;
  style: string;
}

export async function pageFiles(): Promise<PageFiles> {
  const [script, style] = await Promise.all([text(files.script), text(files.style)]);
  return { script: script.trim(), style: style.trim() };
}

/** Address of the script. */
export function scriptUrl(): string {
  return new URL(files.script, REPORT_SCRIPT).href;
}

async function text(from: URL | string): Promise<string> {
  return new TextDecoder().decode(await readAsset(new URL(from, REPORT_SCRIPT)));
}
