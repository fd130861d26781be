/** Instantiates a compiled module. The loader's asynchronous way asks for `Response`, which costs Node 20 ms. */
import { instantiateSync } from "@assemblyscript/loader";

export async function instantiate<Exports extends Record<string, unknown>>(
  module: WebAssembly.Module,
): Promise<Exports> {
  return instantiateSync<Exports>(module).exports;
}
