/** A time limit for work that may never return: a browser has none, but asks its user whether to stop the page. */
import type * as Node from "./watch.node.js";

export const watcher: typeof Node.watcher = async () => (work) => work();
