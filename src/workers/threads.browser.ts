/** Threads of the platform: a browser's workers. */
import type * as Node from "./threads.node.js";

export const threadsOf: typeof Node.threadsOf = (jobs) => jobs ?? navigator.hardwareConcurrency;

export const workerOptions: typeof Node.workerOptions = { workerType: "web", workerOpts: { type: "module" } };

/** The worker is bundled into one file, because bundlers of pages copy it as an asset without its imports. */
export const workerScript: typeof Node.workerScript = () => new URL("./worker.js", import.meta.url).href;

/** Browsers share memory between threads only if the server sends the headers of cross-origin isolation. */
export const mayShare: typeof Node.mayShare = () =>
  typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated === true;
