/** The address of a module that the user names: in a browser relative to the page. */
import type * as Node from "./module-url.node.js";

export const moduleUrl: typeof Node.moduleUrl = async (path) => new URL(path, globalThis.location.href);
