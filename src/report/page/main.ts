/**
 * The entry of the bundle that is the script of every report, the module that draws plots in Node, and the module that
 * shows results in the playground. It is one file, built by esbuild, because a page without network cannot load modules.
 * In a report it starts automatically.
 */
import type { ReportData } from "../data.js";
import { Page } from "./page.js";

export { compareCsv } from "../compare-csv.js";
export { reportData } from "../data.js";
export { summaryOf } from "../summary.js";
export { svgOf } from "./echarts.js";
export { rehearsal } from "./rehearsal.js";
export { Section } from "./section.js";

/** The element that holds a report's data. */
const DATA = "pagewalk-report";

const element = typeof document === "undefined" ? null : document.getElementById(DATA);
if (element?.textContent) {
  const data: ReportData = JSON.parse(element.textContent);
  new Page(data).start();
}
