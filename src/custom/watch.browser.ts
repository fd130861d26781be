/** A time limit for work that may never return: not available in a browser, which itself offers to stop the page. */
import type * as Node from "./watch.node.js";

export const watcher: typeof Node.watcher = async () => (work) => work();
