/**
 * Memory from the system: mappings at aligned addresses from 2 TiB up, where room is asked for by a hint. From: src/os.c of
 * mimalloc 2.0.9. The addresses begin at 2 TiB; the library adds a random multiple of 32 MiB up to 4 TiB.
 */
import {
  MADV_DONTNEED,
  MAP_ANONYMOUS,
  MAP_NORESERVE,
  MAP_PRIVATE,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  VM_WRITE,
} from "../../abi/linux";
import { NO_MEMORY } from "../memory";
import { SEGMENT, SLICE } from "./segment";
import { MimallocState } from "./state";

const PAGE: u64 = 4096;
const HINT_BASE: u64 = 2 << 40;
const HINT_MAX: u64 = 30 << 40;
/** Larger mappings go where the system likes. */
const MOST_HINTED: u64 = 1 << 30;

export function alignUp(value: u64, unit: u64): u64 {
  return (value + unit - 1) & ~(unit - 1);
}

/** A size that wastes little and fits in large pages of the system's. */
export function goodBytes(bytes: u64): u64 {
  let unit = PAGE;
  if (bytes >= 32 << 20) unit = 4 << 20;
  else if (bytes >= 8 << 20) unit = 1 << 20;
  else if (bytes >= 2 << 20) unit = 256 << 10;
  else if (bytes >= 512 << 10) unit = 64 << 10;
  return bytes >= u64.MAX_VALUE - unit ? bytes : alignUp(bytes, unit);
}

function hintFor(m: MimallocState, bytes: u64, alignment: u64): u64 {
  if (alignment <= 1 || alignment > SEGMENT) return 0;
  const room = alignUp(bytes, SEGMENT);
  if (room > MOST_HINTED) return 0;
  if (m.nextHint == 0 || m.nextHint > HINT_MAX) m.nextHint = HINT_BASE;
  const hint = m.nextHint;
  m.nextHint += room;
  return hint % alignment == 0 ? hint : 0;
}

function mapBytes(m: MimallocState, bytes: u64, alignment: u64, isCommitted: bool): u64 {
  const protection = isCommitted ? PROT_READ | PROT_WRITE : PROT_NONE;
  return m.memory.map(
    hintFor(m, bytes, alignment),
    bytes,
    protection,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
  );
}

/** `bytes`, made good, at a multiple of `alignment`; 0: there is no memory. */
export function mapAligned(m: MimallocState, bytes: u64, alignment: u64, isCommitted: bool): u64 {
  const size = goodBytes(bytes);
  let at = mapBytes(m, size, alignment, isCommitted);
  if (at == NO_MEMORY) return 0;
  if (at % alignment == 0) return at;
  unmap(m, at, size);
  if (size >= u64.MAX_VALUE - alignment) return 0;
  at = mapBytes(m, size + alignment, 1, isCommitted);
  if (at == NO_MEMORY) return 0;
  const aligned = alignUp(at, alignment);
  if (aligned > at) unmap(m, at, aligned - at);
  if (aligned < at + alignment) unmap(m, aligned + size, at + alignment - aligned);
  return aligned;
}

/** Memory for a structure; 0: there is none. */
export function mapStructure(m: MimallocState, bytes: u64): u64 {
  const at = mapBytes(m, goodBytes(bytes), 1, true);
  return at == NO_MEMORY ? 0 : at;
}

/** Unmaps memory of which parts may never have been made accessible. */
export function unmap(m: MimallocState, at: u64, bytes: u64): void {
  m.memory.commit(-(<i64>writableBytes(m, at, bytes)));
  m.memory.unreserve(at, bytes);
}

/** Bytes of a range that are accessible, looked at slice by slice. */
function writableBytes(m: MimallocState, at: u64, bytes: u64): u64 {
  const regions = m.memory.space.regions;
  const end = at + bytes;
  let writable: u64 = 0;
  while (at < end) {
    const region = regions.at(at);
    if (changetype<usize>(region) == 0) {
      at += SLICE;
      continue;
    }
    const next = min(region.end, end);
    if (region.has(VM_WRITE)) writable += next - at;
    at = next;
  }
  return writable;
}

/** Makes a range accessible, parts of which may be already; false: it cannot be. */
export function commitRange(m: MimallocState, at: u64, bytes: u64): bool {
  m.memory.commit(-(<i64>writableBytes(m, at, bytes)));
  return m.memory.unprotect(at, bytes);
}

/** Gives back the frames of the whole pages of a range. */
export function decommitRange(m: MimallocState, at: u64, bytes: u64): void {
  const start = alignUp(at, PAGE);
  const end = (at + bytes) & ~(PAGE - 1);
  if (end > start) m.memory.madvise(start, end - start, MADV_DONTNEED);
}
