/**
 * The place of a block in its slot, and its recovery from a log.
 *
 * From: src/malloc/mallocng/meta.h of musl 1.2.3, `enframe`. The offset in the slot cycles: it is one more than the last,
 * and at a slot's first use what the number of mappings says. Two places are known from a log alone, and are not musl's:
 *
 *  - Where the program maps what the log does not show. Each new mapping ends in one block that the call returns, at a
 *    distance that is known before anything is stored, so the mapping goes where its block was.
 *  - What the program stored. A group in a slot that was freed finds its slots' in-band bytes as the program left them,
 *    and takes them for the last offset. Such a slot is stale; its first offset is the log's.
 */
import { PROT_READ, PROT_WRITE } from "../../abi/linux";
import { LIBRARY } from "../access";
import { PAGE, Shape } from "./layout";
import { classBytes, IN_BAND, UNIT } from "./size-classes";
import { Mallocng } from "./state";

const MOST_OFFSET: u64 = 255;
/** Stale slots by meta, a u32 at half its address: metas are 40 bytes apart. Far metas share one, which does no harm. */
const STALE: u64 = LIBRARY + 4096;
const STALE_MASK: u64 = 0xffff_fffc;

/** By how many units a block of `bytes` is moved in a slot of `stride`, wished `wish`: as many as there is room for. */
export function offsetWithin(stride: u64, bytes: u64, wish: u64): u64 {
  const slack = slackOf(stride, bytes);
  let offset = wish & MOST_OFFSET;
  if (offset <= slack) return offset;
  let mask = slack;
  mask |= mask >> 1;
  mask |= mask >> 2;
  mask |= mask >> 4;
  offset &= mask;
  return offset > slack ? offset - (slack + 1) : offset;
}

/** By how many units a block of `bytes` can be moved at most. */
function slackOf(stride: u64, bytes: u64): u64 {
  return (stride - IN_BAND - bytes) / UNIT;
}

/** The slots of a group, a bit each, have what the program left in them. */
export function markStale(ng: Mallocng, m: u64, slots: u32): void {
  ng.memory.write<u32>(staleAt(m), slots);
}

/** True if the slot was stale. It is not stale any more. */
export function isStale(ng: Mallocng, m: u64, index: u32): bool {
  const slots = ng.memory.read<u32>(staleAt(m));
  if (((slots >> index) & 1) == 0) return false;
  ng.memory.write<u32>(staleAt(m), slots & ~((<u32>1) << index));
  return true;
}

function staleAt(m: u64): u64 {
  return STALE + ((m >> 1) & STALE_MASK);
}

/** The offset in the slot at `start` that the log shows, or `offset`, where it shows none that could be. */
export function loggedOffset(ng: Mallocng, start: u64, stride: u64, bytes: u64, offset: u64): u64 {
  const memory = ng.memory;
  const distance = memory.recorded - start;
  if (alignedFor(ng, start + UNIT * offset) == memory.recorded || distance >= stride) return offset;
  const logged = min(distance / UNIT, min(slackOf(stride, bytes), MOST_OFFSET));
  if (alignedFor(ng, start + UNIT * logged) != memory.recorded) return offset;
  memory.taken++;
  return logged;
}

/** Where the block begins that the operation returns, of one that malloc gives at `p`. */
function alignedFor(ng: Mallocng, p: u64): u64 {
  return (p + ng.wantedAlignment - 1) & ~(ng.wantedAlignment - 1);
}

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
  return alignedFor(ng, group + UNIT + UNIT * offsetWithin(stride, ng.wantedBytes, ng.mmapCounter));
}

function relocate(ng: Mallocng, at: u64, bytes: u64, block: u64): u64 {
  const memory = ng.memory;
  const distance = memory.recorded - block;
  if ((distance & (PAGE - 1)) != 0) return at;
  return memory.relocate(at, at + distance, bytes, PROT_READ | PROT_WRITE);
}

/** A block is to be `base` bytes behind the begin of a mapping that mremap has put at `at`: where that goes. */
export function relocateResized(ng: Mallocng, at: u64, base: u64, bytes: u64): u64 {
  const memory = ng.memory;
  if (memory.recorded == 0) return at;
  const wanted = memory.recorded - base;
  return (wanted & (PAGE - 1)) == 0 ? memory.relocateUsed(at, wanted, bytes) : at;
}
