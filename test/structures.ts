/**
 * Single structures of the kernel: instances of the module compiled from test/kernel/, in the build of the suites. Each
 * has a memory of its own. Handles are addresses.
 */
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { HEADER_ARENA_TOP } from "../assembly/abi/core.js";
import { isDebug } from "./build.js";

type Glue = typeof import("../dist/test/release.js");

const built = new URL(`../dist/test/${isDebug ? "debug" : "release"}`, import.meta.url).href;
const glue: Glue = await import(`${built}.js`);
const compiled = WebAssembly.compile(await readFile(new URL(`${built}.wasm`)));

export type Structures = Awaited<ReturnType<Glue["instantiate"]>>;

export async function createStructures(): Promise<Structures> {
  return glue.instantiate(await compiled, { env: {} });
}

/** A view of the whole memory, valid until the next allocation: growth detaches it. */
export function viewOf({ memory }: Structures): DataView {
  return new DataView(memory.buffer);
}

/** Copies `bytes` to new memory, with `padding` zeros after it. Returns its address. */
export function put(structures: Structures, bytes: Uint8Array, padding = 0): number {
  const address = structures.allocate(BigInt(bytes.length + padding + 1));
  new Uint8Array(structures.memory.buffer, address).set(bytes);
  return address;
}

/** A copy of `length` bytes at `address`. */
export function get({ memory }: Structures, address: number, length: number): Uint8Array {
  return new Uint8Array(memory.buffer, address, length).slice();
}

/** The first byte that was never allocated. */
export function arenaTop(structures: Structures): number {
  return viewOf(structures).getUint32(HEADER_ARENA_TOP, true);
}

export const U64_MAX = 2n ** 64n - 1n;

/** A u64: often a small one, so that equal ones occur, and often one with its upper bits set. */
export const anyU64 = fc.oneof(fc.bigInt({ min: 0n, max: 30n }), fc.bigInt({ min: 0n, max: U64_MAX }));
