/**
 * What an own allocator is: a `malloc` and a `free` written in JavaScript, on the memory of a simulated process. What it
 * keeps between calls may lie in that memory, where the process can read it and overwrite it, or in variables.
 */
import { checkFunctions, checkOwn, type OwnKind, type ParameterSpec } from "../../own/definition.js";
import type { AllocatorMemory } from "./memory.js";

/** `cached`: freed, and kept as it was; `top`: the end that allocations are cut from; `meta`: the allocator's own data. */
export type ChunkState = "used" | "free" | "cached" | "top" | "meta";

/** A chunk, its header included. */
export interface AllocatorChunk {
  readonly address: number;
  readonly bytes: number;
  readonly state: ChunkState;
}

/**
 * What an allocator does. An address is a number; 0 is NULL. `malloc` and `free` are needed. What else C has is made from
 * them where it is missing. Sizes are at most 2^63 - 1; those beyond 2^53 are rounded, and too large in any case.
 */
export interface AllocatorFunctions {
  /** The address of a new block of `bytes`, a multiple of 16 (of 8 below 16 bytes); 0: there is no memory. */
  malloc(bytes: number): number;
  /** `address` is that of a block in use, never 0. */
  free(address: number): void;
  /** `address` is never 0. Without it: `malloc`, copy and `free`; `bytes` 0 frees. */
  realloc?(address: number, bytes: number): number;
  /** Without it: `malloc`, filled with zeros. */
  calloc?(count: number, bytes: number): number;
  /** `alignment` is a power of two. Without it: `malloc` of `alignment` bytes more. */
  memalign?(alignment: number, bytes: number): number;
  /** Bytes that may be used at `address`. Without it: those that were asked for. */
  usableSize?(address: number): number;
  /** Bytes of the heap that the block takes, header and padding included. Without it: `usableSize`. */
  footprint?(address: number): number;
  /** malloc_trim: has memory gone back to the system? */
  trim?(pad: number): boolean;
  /** The thread `memory.thread` ends. */
  threadExit?(): void;
  /** The heap's chunks, for its map in reports. Without it, the map shows the blocks in use. */
  chunks?(): Iterable<AllocatorChunk>;
}

export interface AllocatorDefinition<Name extends string = string> {
  /** What tables call it. */
  readonly name: string;
  readonly parameters?: Readonly<Record<Name, ParameterSpec>>;
  /** Called once a process. All that the allocator remembers belongs in here or in `memory`. */
  create(memory: AllocatorMemory, parameters: Readonly<Record<Name, number>>): AllocatorFunctions;
}

/** How messages speak of allocators. */
export const ALLOCATOR: OwnKind = {
  noun: "allocator",
  one: "an allocator",
  many: "allocators",
  made: "malloc and free",
  checker: "checkAllocator",
  command: "allocator check",
};

const FUNCTIONS = {
  needed: ["malloc", "free"],
  optional: ["realloc", "calloc", "memalign", "usableSize", "footprint", "trim", "threadExit", "chunks"],
  generators: ["chunks"],
  word: "function",
};

/** The same definition, checked. A module that exports it needs nothing else to be an allocator. Throws `InputError`. */
export function defineAllocator<const Name extends string = never>(
  definition: AllocatorDefinition<Name>,
): AllocatorDefinition<Name> {
  checkDefinition(definition, "defineAllocator");
  return definition;
}

/** Refuses what is no definition, for callers and files without types. `place` is what messages call it. */
export function checkDefinition(value: unknown, place: string): asserts value is AllocatorDefinition {
  checkOwn(value, ALLOCATOR, place);
}

/** Refuses functions that cannot be called. */
export function checkAllocatorFunctions(value: unknown, place: string): asserts value is AllocatorFunctions {
  checkFunctions(value, FUNCTIONS, place);
}
