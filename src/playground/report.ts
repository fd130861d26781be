/** The code of reports, which draws the same figures and tables here. It is loaded with the first run. */
import script from "../../dist/browser/report.js?url";
import type * as Module from "../report/page/main.js";

export type Report = typeof Module;

let loaded: Promise<Report> | undefined;

export function report(): Promise<Report> {
  loaded ??= import(/* @vite-ignore */ new URL(script, import.meta.url).href);
  return loaded;
}
