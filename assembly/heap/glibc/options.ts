/**
 * mallopt and the tunables. From: malloc/malloc.c (__libc_mallopt, mtrim), malloc/arena.c (ptmalloc_init) and
 * elf/dl-tunables.list of glibc 2.36.
 */
import { MADV_DONTNEED } from "../../abi/linux";
import { Arena, MAIN_ARENA, NBINS } from "./arena";
import { Chunk, MINSIZE, SIZE_SZ } from "./chunk";
import { consolidate, trimTop } from "./free";
import { DEFAULT_MMAP_THRESHOLD, PAGE, Ptmalloc, TCACHE_BINS } from "./state";
import { cacheIndex } from "./tcache";

const M_MXFAST: i32 = 1;
const M_TRIM_THRESHOLD: i32 = -1;
const M_TOP_PAD: i32 = -2;
const M_MMAP_THRESHOLD: i32 = -3;
const M_MMAP_MAX: i32 = -4;
const M_PERTURB: i32 = -6;
const M_ARENA_TEST: i32 = -7;
const M_ARENA_MAX: i32 = -8;

const MAX_FAST_SIZE: u64 = 160;
const DEFAULT_MXFAST: u64 = 128;
const MAX_TCACHE_SIZE: u64 = 1032;
const MAX_TCACHE_COUNT: u64 = 65535;
/** A parameter that was not set. */
const UNSET: f64 = -1;

/** The registered parameters in their order; those that were set act as the tunables do. */
export function readParameters(m: Ptmalloc, parameters: usize): void {
  m.version = <u32>Math.round((load<f64>(parameters) - 2) * 100);
  m.cores = <u64>load<f64>(parameters, 8);
  m.trimThreshold = DEFAULT_MMAP_THRESHOLD;
  m.topPad = 128 << 10;
  m.mmapThreshold = DEFAULT_MMAP_THRESHOLD;
  m.mappedMax = 65536;
  m.arenaTest = 8;
  m.tcacheCount = m.version >= 26 ? 7 : 0;
  m.tcacheBins = m.version >= 26 ? TCACHE_BINS : 0;
  setMaxFast(m, DEFAULT_MXFAST);
  const topPad = load<f64>(parameters, 16);
  if (topPad != UNSET) setFixed(m, M_TOP_PAD, <u64>topPad);
  const perturb = load<f64>(parameters, 24);
  if (perturb != UNSET) m.perturb = <u8>(<i32>perturb);
  const mmapThreshold = load<f64>(parameters, 32);
  if (mmapThreshold != UNSET) setFixed(m, M_MMAP_THRESHOLD, <u64>mmapThreshold);
  const trimThreshold = load<f64>(parameters, 40);
  if (trimThreshold != UNSET) setFixed(m, M_TRIM_THRESHOLD, <u64>trimThreshold);
  const mmapMax = load<f64>(parameters, 48);
  if (mmapMax != UNSET) setFixed(m, M_MMAP_MAX, <u64>mmapMax);
  const arenaMax = load<f64>(parameters, 56);
  if (arenaMax != UNSET) m.arenaMax = <u64>arenaMax;
  const arenaTest = load<f64>(parameters, 64);
  if (arenaTest != UNSET) m.arenaTest = <u64>arenaTest;
  const tcacheMax = load<f64>(parameters, 72);
  if (tcacheMax != UNSET) setTcacheMax(m, <u64>tcacheMax);
  const tcacheCount = load<f64>(parameters, 80);
  if (tcacheCount != UNSET && <u64>tcacheCount <= MAX_TCACHE_COUNT && m.version >= 26)
    m.tcacheCount = <u32>tcacheCount;
  const unsortedLimit = load<f64>(parameters, 88);
  if (unsortedLimit != UNSET) m.tcacheUnsortedLimit = <u64>unsortedLimit;
  const mxfast = load<f64>(parameters, 96);
  if (mxfast != UNSET && <u64>mxfast <= MAX_FAST_SIZE) setMaxFast(m, <u64>mxfast);
}

function setMaxFast(m: Ptmalloc, bytes: u64): void {
  m.maxFast = bytes <= SIZE_SZ - 1 ? MINSIZE / 2 : (bytes + SIZE_SZ) & ~(<u64>15);
}

function setTcacheMax(m: Ptmalloc, bytes: u64): void {
  if (bytes > MAX_TCACHE_SIZE || m.version < 26) return;
  m.tcacheBins = cacheIndex(Chunk.sizeFor(bytes)) + 1;
}

/** Those that stop the thresholds from moving by themselves. */
function setFixed(m: Ptmalloc, parameter: i32, value: u64): void {
  if (parameter == M_TRIM_THRESHOLD) m.trimThreshold = value;
  else if (parameter == M_TOP_PAD) m.topPad = value;
  else if (parameter == M_MMAP_THRESHOLD) m.mmapThreshold = value;
  else m.mappedMax = <i32>value;
  m.hasFixedThreshold = true;
}

/** mallopt(3); false: the value cannot be set. */
export function mallopt(m: Ptmalloc, parameter: i32, value: i32): bool {
  consolidate(m, MAIN_ARENA);
  const wide = <u64>(<i64>value);
  switch (parameter) {
    case M_MXFAST:
      if (wide > MAX_FAST_SIZE) return false;
      setMaxFast(m, wide);
      return true;
    case M_TRIM_THRESHOLD:
    case M_TOP_PAD:
    case M_MMAP_THRESHOLD:
    case M_MMAP_MAX:
      setFixed(m, parameter, wide);
      return true;
    case M_PERTURB:
      m.perturb = <u8>value;
      return true;
    case M_ARENA_TEST:
      if (value > 0) m.arenaTest = wide;
      return true;
    case M_ARENA_MAX:
      if (value > 0) m.arenaMax = wide;
      return true;
    default:
      return true;
  }
}

/** malloc_trim(3): whole pages inside free chunks, and the end of the main heap but for `pad` bytes; was there anything? */
export function trim(m: Ptmalloc, pad: u64): bool {
  const memory = m.memory;
  let released = false;
  let av = MAIN_ARENA;
  do {
    consolidate(m, av);
    const least = Arena.binIndex(PAGE);
    for (let i: u32 = 1; i < NBINS; i++) {
      if (i == 1 || i >= least) released = trimBin(m, Arena.bin(av, i)) || released;
    }
    if (Arena.isMain(av)) released = trimTop(m, av, pad) || released;
    av = Arena.next(memory, av);
  } while (!Arena.isMain(av) && !memory.hasStopped);
  return released;
}

function trimBin(m: Ptmalloc, bin: u64): bool {
  const memory = m.memory;
  const header: u64 = 48;
  let released = false;
  for (let p = Chunk.bk(memory, bin); p != bin && !memory.hasStopped; p = Chunk.bk(memory, p)) {
    const size = Chunk.size(memory, p);
    if (size <= PAGE - 1 + header) continue;
    const first = (p + header + PAGE - 1) & ~(PAGE - 1);
    const rest = size - (first - p);
    if (rest <= PAGE - 1) continue;
    memory.madvise(first, rest & ~(PAGE - 1), MADV_DONTNEED);
    released = true;
  }
  return released;
}
