/** The places of the package's files, for bundlers and pages that put them elsewhere. */
import { type ReportFiles, useReportFiles } from "./report/files.js";
import { useWasm, type WasmSource } from "./wasm/kernel.js";
import { useWorker } from "./workers/pool.js";

/** Places of the package's files. A file without a place stays where it is. */
export interface Configuration {
  /** `pagewalk.wasm`: its address, its bytes, or the compiled module. */
  wasm?: WasmSource;
  /** `worker.js`, a module without imports: its address. */
  worker?: URL | string;
  /** `report.js` and `report.css`: their addresses. */
  report?: ReportFiles;
}

/**
 * Takes the package's files from other places from now on. By default they are beside the package's own script, where
 * Vite, webpack and Rollup find them. esbuild does not copy them: give their addresses.
 */
export function configure({ wasm, worker, report }: Configuration): void {
  if (wasm !== undefined) useWasm(wasm);
  if (worker !== undefined) useWorker(worker);
  if (report !== undefined) useReportFiles(report);
}
