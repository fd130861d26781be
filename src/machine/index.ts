/** The entry `pagewalk/machine`: machines alone, which a browser loads with a kernel of a sixth of the size. */
import { useWasm, type WasmSource } from "../wasm/kernel.js";

export { InputError, OutOfMemoryError, PagewalkError, UsageError } from "../errors.js";
export type { ArchitectureName, PolicyName } from "../options/names.js";
export type { WasmSource } from "../wasm/kernel.js";
export * from "./exports.js";

/** Takes the kernel, `machine.wasm`, from another place from now on: its address, its bytes, or the compiled module. */
export function configure({ wasm }: { wasm: WasmSource }): void {
  useWasm(wasm);
}
