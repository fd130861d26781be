/** Instantiates a compiled module. The loader's asynchronous function uses `Response`, which Node takes 20 ms to load. */
import { instantiateSync } from "@assemblyscript/loader";

export async function instantiate<Exports extends Record<string, unknown>>(
  module: WebAssembly.Module,
): Promise<Exports> {
  return instantiateSync<Exports>(module).exports;
}
