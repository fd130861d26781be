/**
 * One kernel: an instance of the module with a memory of its own. Only this file finds, compiles and instantiates the
 * module.
 */
import { HEADER_ARENA_TOP } from "../../assembly/abi/core.js";
import { OutOfMemoryError, optionNamed, UsageError } from "../errors.js";
import { KERNEL, readAsset } from "../platform/assets.node.js";
import { once } from "../platform/once.js";
import type * as KernelExports from "./exports.js";
import { instantiate } from "./instantiate.node.js";

const WASM_PAGE_BYTES = 65536;

/** The source of the kernel's code: its address, its bytes, or the compiled module. */
export type WasmSource = URL | string | BufferSource | WebAssembly.Module;

let source: WasmSource = KERNEL;
let compiled = once(() => compile(source));

/** Sets the source of the kernel. */
export function useWasm(wasm: WasmSource): void {
  source = wasm;
  compiled = once(() => compile(wasm));
}

/** The compiled module, compiled once; it can be posted to a worker. */
export function kernelModule(): Promise<WebAssembly.Module> {
  return compiled();
}

/** Starts to compile the kernel, which other threads do, before it is needed. */
export function prepareKernel(): void {
  compiled().catch(() => undefined); // reported by the code that needs it
}

/** The kernel's code, which identifies it. Throws `UsageError` if only the compiled module is known. */
export async function kernelBytes(): Promise<Uint8Array> {
  if (source instanceof WebAssembly.Module) {
    throw new UsageError("a compiled module does not identify its kernel", "give useWasm its bytes");
  }
  return load(source);
}

async function compile(from: WasmSource): Promise<WebAssembly.Module> {
  return from instanceof WebAssembly.Module ? from : WebAssembly.compile(await load(from));
}

async function load(from: URL | string | BufferSource): Promise<Uint8Array<ArrayBuffer>> {
  if (ArrayBuffer.isView(from)) return new Uint8Array(from.buffer, from.byteOffset, from.byteLength);
  if (from instanceof ArrayBuffer) return new Uint8Array(from);
  return readAsset(new URL(from, KERNEL));
}

type Exports = typeof KernelExports & { memory: WebAssembly.Memory };

/** The kernel's exports, typed, and views of its memory. */
export class Kernel {
  readonly exports: typeof KernelExports;
  readonly memory: WebAssembly.Memory;
  private lastView: DataView<ArrayBuffer> | undefined;

  private constructor(exports: typeof KernelExports, memory: WebAssembly.Memory) {
    this.exports = exports;
    this.memory = memory;
  }

  static async create(): Promise<Kernel> {
    const exports = await instantiate<Exports>(await kernelModule());
    return new Kernel(exports, exports.memory);
  }

  /** Takes over all state of `other`, a simulation included. Throws `OutOfMemoryError`. */
  copy(other: Kernel): void {
    const used = other.usedBytes;
    const lacking = Math.max(0, used - this.memory.buffer.byteLength);
    try {
      this.memory.grow(Math.ceil(lacking / WASM_PAGE_BYTES));
    } catch {
      throw outOfMemory();
    }
    this.bytes(0, used).set(other.bytes(0, used));
  }

  /** Bytes of memory allocated so far; all state lies in them. */
  get usedBytes(): number {
    return this.view().getUint32(HEADER_ARENA_TOP, true);
  }

  /** A copy of all state. */
  snapshot(): Uint8Array {
    return this.bytes(0, this.usedBytes).slice();
  }

  /** Restores the state that `snapshot` copied. */
  restore(state: Uint8Array): void {
    const used = this.usedBytes;
    this.bytes(0, state.length).set(state);
    // The arena requires that memory it allocates again is zero.
    if (used > state.length) this.bytes(state.length, used - state.length).fill(0);
  }

  /** Allocates `bytes` of zeroed kernel memory and returns its address. Throws `OutOfMemoryError`. */
  allocate(bytes: number): number {
    const address = this.exports.allocate(BigInt(bytes)) >>> 0;
    if (address === 0) throw outOfMemory();
    return address;
  }

  /** A view of kernel memory, valid until the next call into the kernel: growth detaches it. */
  bytes(address: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer as ArrayBuffer, address, length);
  }

  /** A view of all kernel memory for reading fields, valid until the next call into the kernel. */
  view(): DataView<ArrayBuffer> {
    const { buffer } = this.memory;
    if (this.lastView?.buffer !== buffer) this.lastView = new DataView(buffer as ArrayBuffer);
    return this.lastView;
  }
}

export function outOfMemory(): OutOfMemoryError {
  return new OutOfMemoryError(
    "the simulation needs more memory than WebAssembly can give (4 GiB)",
    `use fewer frames or less ${optionNamed("memory")}, or sample the trace`,
  );
}

/** The result of a call that is refused immediately. */
export function tooMuch(): OutOfMemoryError {
  return new OutOfMemoryError(
    "the call brings in more pages than WebAssembly's memory could ever hold (4 GiB)",
    `limit the system with ${optionNamed("memory")}, or touch, lock or populate less`,
  );
}
