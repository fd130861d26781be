/** Locates the files of `pagewalk/machine` as assets.browser.ts does: a smaller kernel, and no reports. */
import type * as Node from "./assets.node.js";
import { fetchAsset } from "./fetch-asset.js";

export const KERNEL: typeof Node.KERNEL = new URL("./machine.wasm", import.meta.url);

export const readAsset: typeof Node.readAsset = fetchAsset;
