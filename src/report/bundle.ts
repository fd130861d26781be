/**
 * The report's script and style, which esbuild makes of `page/`: text for reports, and in Node and browsers alike a
 * module that draws. Found beside the package's other files, as the kernel is.
 */
import { REPORT_SCRIPT, REPORT_STYLE, readAsset } from "../platform/assets.node.js";
import type * as Drawing from "./page/main.js";

/** Addresses of the two files. */
export interface ReportFiles {
  script: URL | string;
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

/** The code that draws figures, with the plotting library; loaded only when figures are drawn. */
export function drawing(): Promise<typeof Drawing> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ new URL(files.script, REPORT_SCRIPT).href);
}

async function text(from: URL | string): Promise<string> {
  return new TextDecoder().decode(await readAsset(new URL(from, REPORT_SCRIPT)));
}
