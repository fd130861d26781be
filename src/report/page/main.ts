/**
 * What goes into every report as its script, into Node as the module that draws plots, and into the playground as the
 * module that shows results: one bundle, built by esbuild, since a page without network can have nothing else. In a
 * report it starts by itself.
 */
import type { ReportData } from "../data.js";
import { Page } from "./page.js";

export { compareCsv } from "../compare-csv.js";
export { reportData } from "../data.js";
export { svgOf } from "./echarts.js";
export { Section } from "./section.js";

/** The element that holds a report's data. */
const DATA = "pagewalk-report";

const element = typeof document === "undefined" ? null : document.getElementById(DATA);
if (element?.textContent) {
  const data: ReportData = JSON.parse(element.textContent);
  new Page(data).start();
}
