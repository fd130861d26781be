/** Locates and reads the package's files in a browser: beside the bundle. Bundlers recognise these expressions. */
import type * as Node from "./assets.node.js";
import { fetchAsset } from "./fetch-asset.js";

export const KERNEL: typeof Node.KERNEL = new URL("./pagewalk.wasm", import.meta.url);
export const REPORT_SCRIPT: typeof Node.REPORT_SCRIPT = new URL("./report.js", import.meta.url);
export const REPORT_STYLE: typeof Node.REPORT_STYLE = new URL("./report.css", import.meta.url);

export const readAsset: typeof Node.readAsset = fetchAsset;
