/**
 * The report's script and style, which esbuild makes of `page/`: text for reports, and in Node and browsers alike a
 * module that draws. Found beside the package's other files, as the kernel is.
 */
import { isNode } from "../platform.js";
import type * as Drawing from "./page/main.js";

const SCRIPT = new URL("../../bundle/report/main.js", import.meta.url);
const STYLE = new URL("../../bundle/report/page.css", import.meta.url);

export interface PageFiles {
  script: string;
  style: string;
}

export async function pageFiles(): Promise<PageFiles> {
  const [script, style] = await Promise.all([text(SCRIPT), text(STYLE)]);
  return { script: script.trim(), style: style.trim() };
}

/** The code that draws figures, with the plotting library; loaded only when figures are drawn. */
export function drawing(): Promise<typeof Drawing> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ SCRIPT.href);
}

async function text(url: URL): Promise<string> {
  if (isNode && url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return readFile(url, "utf8");
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: HTTP ${response.status}`);
  return response.text();
}
