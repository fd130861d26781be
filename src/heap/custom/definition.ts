/**
 * The definition of a custom allocator: a `malloc` and a `free` in JavaScript, on the memory of a simulated process. Its
 * data may lie in that memory, where the process can read and overwrite it, or in variables.
 */
import { type CustomKind, checkCustom, checkFunctions, type ParameterSpec } from "../../custom/definition.js";
import type { AllocatorMemory } from "./memory.js";

/** `cached`: freed, and kept for reuse; `top`: the end from which blocks are cut; `meta`: the allocator's own data. */
export type ChunkState = "used" | "free" | "cached" | "top" | "meta";

/** A chunk, header included. */
export interface AllocatorChunk {
  /** The chunk's first byte. */
  readonly address: number;
  /** Bytes of the chunk, with its header. */
  readonly bytes: number;
  /** `used`, `free`, `cached`, `top`, `meta` or `mapped`. */
  readonly state: ChunkState;
}

/**
 * The functions of an allocator. An address is a number; 0 is NULL. `malloc` and `free` are required; other functions
 * of C are made from them if missing. Sizes are at most 2^63 - 1; those beyond 2^53 are rounded, and too large in any
 * case.
 */
export interface AllocatorFunctions {
  /** Returns the address of a new block of `bytes`, a multiple of 16 (of 8 below 16 bytes); 0 if there is no memory. */
  malloc(bytes: number): number;
  /** `address` is a block in use, never 0. */
  free(address: number): void;
  /** `address` is never 0. Default: `malloc`, copy and `free`; `bytes` 0 frees. */
  realloc?(address: number, bytes: number): number;
  /** Default: `malloc`, filled with zeros. */
  calloc?(count: number, bytes: number): number;
  /** `alignment` is a power of two. Default: `malloc` of `alignment` more bytes. */
  memalign?(alignment: number, bytes: number): number;
  /** Bytes usable at `address`. Default: the requested size. */
  usableSize?(address: number): number;
  /** Footprint of the block, header and padding included. Default: `usableSize`. */
  footprint?(address: number): number;
  /** malloc_trim: returns whether memory was given back to the system. */
  trim?(pad: number): boolean;
  /** Called when the thread `memory.thread` ends. */
  threadExit?(): void;
  /** The heap's chunks, for the map in reports. Default: the map shows the blocks in use. */
  chunks?(): Iterable<AllocatorChunk>;
}

/** An allocator in JavaScript, as `defineAllocator` takes it. docs/custom-allocator.md has an example. */
export interface AllocatorDefinition<Name extends string = string> {
  /** The name in tables. */
  readonly name: string;
  /** Its parameters by name, each with a default and a range. */
  readonly parameters?: Readonly<Record<Name, ParameterSpec>>;
  /** Called once per process. All state of the allocator must be created here or lie in `memory`. */
  create(memory: AllocatorMemory, parameters: Readonly<Record<Name, number>>): AllocatorFunctions;
}

/** The noun for allocators in messages. */
export const ALLOCATOR: CustomKind = {
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

/** Returns the definition after checking it. A module that exports it defines an allocator. Throws `InputError`. */
export function defineAllocator<const Name extends string = never>(
  definition: AllocatorDefinition<Name>,
): AllocatorDefinition<Name> {
  checkDefinition(definition, "defineAllocator");
  return definition;
}

/** Checks a definition, for callers and files without types. `place` is its name in messages. */
export function checkDefinition(value: unknown, place: string): asserts value is AllocatorDefinition {
  checkCustom(value, ALLOCATOR, place);
}

/** Checks that the functions are callable. */
export function checkAllocatorFunctions(value: unknown, place: string): asserts value is AllocatorFunctions {
  checkFunctions(value, FUNCTIONS, place);
}
