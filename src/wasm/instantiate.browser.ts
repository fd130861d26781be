/** Instantiates a compiled module. Browsers refuse to instantiate a large one synchronously in a page. */
import * as loader from "@assemblyscript/loader";
import type * as Node from "./instantiate.node.js";

export const instantiate: typeof Node.instantiate = async <Exports extends Record<string, unknown>>(
  module: WebAssembly.Module,
) => (await loader.instantiate<Exports>(module)).exports;
