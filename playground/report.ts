/** The code of reports, which draws the same figures and tables here. It is loaded when there is a result. */

import script from "../dist/browser/report.js?url";
import type * as Report from "../src/report/page/main.js";

let loaded: Promise<typeof Report> | undefined;

export function report(): Promise<typeof Report> {
  loaded ??= import(/* @vite-ignore */ new URL(script, import.meta.url).href);
  return loaded;
}
