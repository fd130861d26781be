/**
 * Where a log's mappings are: a log shows blocks, and each new mapping ends in one block that the call returns, at a
 * distance that is known before anything is stored. Where the program maps what the log does not show, the mapping goes
 * where its block was. Not of musl's.
 */
import { PROT_READ, PROT_WRITE } from "../../abi-process";
import { NO_MEMORY } from "../memory";
import { PAGE, Shape } from "./layout";
import { classBytes, UNIT } from "./size-classes";
import { offsetWithin } from "./slots";
import { Mallocng } from "./state";

/** A mapping for a group of `shape` is at `at`: where it goes. `depth` groups are about to be made in its first slot. */
export function relocateGroup(ng: Mallocng, at: u64, bytes: u64, shape: u64, depth: u32): u64 {
  const stride = depth == 0 ? Shape.stride(shape) : classBytes(ng.wantedClass);
  return relocate(ng, at, bytes, blockAt(ng, at + UNIT * depth, stride));
}

/** A mapping for one block is at `at`: where it goes. */
export function relocateBlock(ng: Mallocng, at: u64, bytes: u64): u64 {
  return relocate(ng, at, bytes, blockAt(ng, at, bytes - UNIT));
}

/** Where the block will be that the operation returns, in the first slot of a group at `group`. */
function blockAt(ng: Mallocng, group: u64, stride: u64): u64 {
  const p = group + UNIT + UNIT * offsetWithin(stride, ng.wantedBytes, ng.mmapCounter);
  return (p + ng.wantedAlignment - 1) & ~(ng.wantedAlignment - 1);
}

function relocate(ng: Mallocng, at: u64, bytes: u64, block: u64): u64 {
  const memory = ng.memory;
  const distance = memory.recorded - block;
  if ((distance & (PAGE - 1)) != 0) return at;
  return memory.relocate(at, at + distance, bytes, PROT_READ | PROT_WRITE);
}

/** A block at `p` is to be in a mapping that mremap has put at `at`, `base` bytes behind its begin: where it goes. */
export function relocateResized(ng: Mallocng, at: u64, base: u64, bytes: u64): u64 {
  const memory = ng.memory;
  if (memory.recorded == 0 || at == NO_MEMORY) return at;
  const wanted = memory.recorded - base;
  return (wanted & (PAGE - 1)) == 0 ? memory.relocateUsed(at, wanted, bytes) : at;
}
