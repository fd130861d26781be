/** As assets.browser.ts, for the bundle of `pagewalk/machine`, which has the smaller kernel and no reports. */
import type * as Node from "./assets.node.js";
import { fetchAsset } from "./fetch-asset.js";

export const KERNEL: typeof Node.KERNEL = new URL("./machine.wasm", import.meta.url);

export const readAsset: typeof Node.readAsset = fetchAsset;
