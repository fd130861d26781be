/** Threads of the platform: a browser's workers. */
import type * as Node from "./threads.node.js";

export const threadsOf: typeof Node.threadsOf = (jobs) => jobs ?? navigator.hardwareConcurrency;

export const workerOptions: typeof Node.workerOptions = { workerType: "web", workerOpts: { type: "module" } };

/** The worker is bundled into one file, because bundlers of pages copy it as an asset without its imports. */
export const workerScript: typeof Node.workerScript = (from = new URL("./worker.js", import.meta.url)) =>
  String(from);

export const workerRemedy =
  "serve worker.js of the package there, or call configure({ worker }); a content security policy needs worker-src";

/** Browsers share memory between threads only if the server sends the headers of cross-origin isolation. */
export const mayShare: typeof Node.mayShare = () =>
  typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated === true;

/** A page's thread also draws it and answers its user. A worker has no page. */
export const isPage: typeof Node.isPage = () => typeof document === "object";
