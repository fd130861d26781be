/** The package's files beside its modules, and how they are read, in Node. */
import { fetchAsset } from "./fetch-asset.js";

// Both dist/src/platform and dist/bundle/cli, where the command is bundled, are two folders below dist.
export const KERNEL = new URL("../../browser/pagewalk.wasm", import.meta.url);
export const REPORT_SCRIPT = new URL("../../browser/report.js", import.meta.url);
export const REPORT_STYLE = new URL("../../browser/report.css", import.meta.url);

export async function readAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (url.protocol !== "file:") return fetchAsset(url);
  const { readFile } = await import("node:fs/promises");
  return new Uint8Array(await readFile(url));
}
