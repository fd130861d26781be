/**
 * Memory from the system: by sbrk, and where that fails by mmap. From: SbrkSysAllocator, MmapSysAllocator and
 * DefaultSysAllocator in src/system-alloc.cc of gperftools 2.10. Memory is never unmapped; `release` gives back frames.
 */
import { MADV_DONTNEED, PROT_READ, PROT_WRITE } from "../../abi/linux";
import { NO_MEMORY } from "../memory";
import { TcmallocState } from "./state";

const SYSTEM_PAGE: u64 = 4096;

/** `bytes`, a multiple of `alignment`, aligned to it; 0: there is none. */
export function allocateFromSystem(t: TcmallocState, bytes: u64, alignment: u64): u64 {
  if (bytes + alignment < bytes) return 0;
  if (!t.hasSbrkFailed) {
    const at = byBreak(t, bytes, alignment);
    if (at != 0) return at;
    t.hasSbrkFailed = true;
  }
  if (!t.hasMmapFailed) {
    const at = byMapping(t, bytes, alignment);
    if (at != 0) return at;
  }
  // Once both have failed, both are tried again.
  t.hasSbrkFailed = false;
  t.hasMmapFailed = false;
  return 0;
}

function byBreak(t: TcmallocState, bytes: u64, alignment: u64): u64 {
  const memory = t.memory;
  if (<i64>(bytes + alignment) < 0 || memory.breakAddress + bytes < bytes) return 0;
  const at = memory.sbrk(<i64>bytes);
  if (at == NO_MEMORY) return 0;
  const off = at & (alignment - 1);
  if (off == 0) return at;
  if (memory.sbrk(<i64>(alignment - off)) == at + bytes) return at + alignment - off;
  const again = memory.sbrk(<i64>(bytes + alignment - 1));
  return again == NO_MEMORY ? 0 : (again + alignment - 1) & ~(alignment - 1);
}

function byMapping(t: TcmallocState, bytes: u64, alignment: u64): u64 {
  const memory = t.memory;
  if (alignment < SYSTEM_PAGE) alignment = SYSTEM_PAGE;
  const wanted = (bytes + alignment - 1) & ~(alignment - 1);
  if (wanted < bytes) return 0;
  const extra = alignment - SYSTEM_PAGE;
  const at = memory.mmap(wanted + extra, PROT_READ | PROT_WRITE);
  if (at == NO_MEMORY) return 0;
  const before = -at & (alignment - 1);
  if (before != 0) memory.munmap(at, before);
  if (before < extra) memory.munmap(at + before + wanted, extra - before);
  return at + before;
}

/** The system may take the frames; false: it would not. */
export function release(t: TcmallocState, start: u64, bytes: u64): bool {
  return t.memory.madvise(start, bytes, MADV_DONTNEED);
}
