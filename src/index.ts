/** The public API of Pagewalk, the same in Node and in a browser. */
export { InputError, OutOfMemoryError, PagewalkError, UsageError } from "./errors.js";
export { useWasm, type WasmSource } from "./wasm/kernel.js";
