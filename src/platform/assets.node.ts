/** Locates and reads the package's files in Node: beside the modules. */
import { fetchAsset } from "./fetch-asset.js";

// Both dist/src/platform and dist/bundle/cli, the bundled command, are two folders below dist.
export const KERNEL = new URL("../../browser/pagewalk.wasm", import.meta.url);
export const REPORT_SCRIPT = new URL("../../browser/report.js", import.meta.url);
export const REPORT_STYLE = new URL("../../browser/report.css", import.meta.url);
/** The folder with the sources of the plugin for QEMU. */
export const QEMU_PLUGIN = new URL("../../plugin/", import.meta.url);

export async function readAsset(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (url.protocol !== "file:") return fetchAsset(url);
  const { readFile } = await import("node:fs/promises");
  const { buffer, byteOffset, byteLength } = await readFile(url);
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
