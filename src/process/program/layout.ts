/**
 * The layout of an address space by architecture, as Linux 6.18 sets it, without randomisation (`setarch -R`) or with
 * it, from a seed. From: arch/x86/mm/mmap.c and mm/util.c (mmap_base), fs/binfmt_elf.c, each architecture's
 * asm/processor.h (TASK_SIZE, STACK_TOP, DEFAULT_MAP_WINDOW, TASK_UNMAPPED_BASE) and asm/elf.h (ELF_ET_DYN_BASE,
 * STACK_RND_MASK), arch/Kconfig (ARCH_MMAP_RND_BITS, the smallest default), security/Kconfig (LSM_MMAP_MIN_ADDR). i386
 * is a 32-bit kernel; a 32-bit program on x86-64 has almost 4 GiB (IA32_PAGE_OFFSET). Deviations: with randomisation the low bits of the stack pointer do not
 * change; vdso and vvar always have the sizes of x86-64, without the additional pages of RISC-V.
 */
import { OptionError } from "../../errors.js";
import type { ArchitectureName } from "../../options/names.js";

/** Options of `layoutOf`. */
export interface LayoutOptions {
  /** The architecture; default: x86-64. */
  readonly arch?: ArchitectureName | undefined;
  /** Seed of random addresses; without it they are fixed. */
  readonly seed?: number | undefined;
  /** Stack limit in bytes (`ulimit -s`); a larger one moves the mappings down. */
  readonly stackLimit?: bigint;
  /** The clock pages of vvar are a region of their own (since 6.13). */
  readonly hasClockRegion?: boolean;
  /** The program is a 32-bit one on a 64-bit kernel; only x86-64 has these. */
  readonly isCompatible?: boolean;
}

/** Where Linux places the parts of an address space. Addresses and sizes in bytes. */
export interface Layout {
  /** Name of the architecture. */
  readonly arch: ArchitectureName;
  /** Bytes of the smallest page. */
  readonly pageBytes: bigint;
  /** End of user addresses. */
  readonly taskSize: bigint;
  /** Top of the mappings, which grow downwards. */
  readonly mmapBase: bigint;
  /** Bottom of the mappings in the legacy layout, in which they grow upwards (`setarch -L`). */
  readonly legacyBase: bigint;
  /** Range of the random part of both, in bytes. */
  readonly mmapRandomBytes: bigint;
  /** The first address above the stack. */
  readonly stackTop: bigint;
  /** Load address of a position-independent program. */
  readonly programBase: bigint;
  /** Break of a program without a dynamic linker, which lies among the mappings. */
  readonly looseBreak: bigint;
  /** vm.mmap_min_addr. */
  readonly lowest: bigint;
  /** Range of the random offset of the break; 0 without a seed. */
  readonly breakOffset: bigint;
  /** Names and pages of the kernel's own mappings, from the lowest. */
  readonly kernelRegions: readonly { name: string; pages: bigint; code: boolean }[];
}

interface Shape {
  pageShift: bigint;
  taskSize: bigint;
  /** Top of the stack and of default mappings: below `taskSize` with five levels. */
  window: bigint;
  /** ELF_ET_DYN_BASE; undefined: two thirds of the window. */
  programBase?: bigint;
  /** TASK_UNMAPPED_BASE; undefined: a third of the window. */
  legacyBase?: bigint;
  lowest: bigint;
  /** Random bits, in pages, of the base of mappings, of the stack's top, and of the break. */
  mmapBits: number;
  stackBits: number;
  breakBytes: bigint;
  vdso: Layout["kernelRegions"];
}

const X86_VDSO = [
  { name: "[vvar]", pages: 4n, code: false },
  { name: "[vvar_vclock]", pages: 2n, code: false },
  { name: "[vdso]", pages: 2n, code: true },
];
const OTHER_VDSO = [
  { name: "[vvar]", pages: 4n, code: false },
  { name: "[vdso]", pages: 2n, code: true },
];
const GIB = 1n << 30n;
const MIB = 1n << 20n;

/** vm.mmap_min_addr on architectures that run 32-bit ARM programs, and on others. */
const LOWEST_ARM = 32768n;
const LOWEST = 65536n;

const x86 = (bits: bigint): Shape => ({
  pageShift: 12n,
  taskSize: (1n << bits) - 4096n,
  window: (1n << 47n) - 4096n,
  lowest: LOWEST,
  mmapBits: 28,
  stackBits: 22,
  breakBytes: GIB,
  vdso: X86_VDSO,
});
const i386: Shape = {
  pageShift: 12n,
  taskSize: 0xc0000000n,
  window: 0xc0000000n,
  programBase: 0x400000n,
  lowest: LOWEST,
  mmapBits: 8,
  stackBits: 11,
  breakBytes: 32n * MIB,
  vdso: X86_VDSO,
};
/** A 32-bit program on x86-64. Its programs lie 16 MiB above the legacy base (COMPAT_ELF_ET_DYN_BASE). */
const compatible: Shape = {
  ...i386,
  taskSize: 0xffffe000n,
  window: 0xffffe000n,
  programBase: 0x56555000n,
};
const riscv = (bits: bigint): Shape => ({
  pageShift: 12n,
  taskSize: 1n << (bits - 1n),
  window: 1n << ((bits > 48n ? 48n : bits) - 1n),
  legacyBase: 0x2aaaaab000n,
  lowest: LOWEST,
  mmapBits: 18,
  stackBits: 18,
  breakBytes: GIB,
  vdso: OTHER_VDSO,
});
const arm = (pageShift: bigint): Shape => ({
  pageShift,
  taskSize: 1n << 48n,
  window: 1n << 48n,
  legacyBase: 1n << 46n,
  lowest: LOWEST_ARM,
  mmapBits: Number(30n - pageShift),
  stackBits: Number(30n - pageShift),
  breakBytes: GIB,
  vdso: OTHER_VDSO,
});

const SHAPES: Readonly<Record<string, Shape>> = {
  "x86-64": x86(47n),
  "x86-64-la57": x86(56n),
  i386,
  "i386-pae": i386,
  sv39: riscv(39n),
  sv48: riscv(48n),
  sv57: riscv(57n),
  "aarch64-4k": arm(12n),
  "aarch64-16k": arm(14n),
  "aarch64-64k": arm(16n),
};

const LEAST_GAP = 128n * MIB;
const GUARD_PAGES = 256n;

/** Throws `UsageError` for an unknown architecture. */
export function layoutOf({
  arch = "x86-64",
  seed,
  stackLimit = 8n * MIB,
  hasClockRegion = true,
  isCompatible = false,
}: LayoutOptions = {}): Layout {
  const own = SHAPES[arch];
  if (own === undefined) {
    throw OptionError.at(
      "arch",
      `unknown architecture "${arch}"`,
      `there are ${Object.keys(SHAPES).join(", ")}`,
    );
  }
  const shape = isCompatible ? compatible : own;
  const {
    pageShift,
    taskSize,
    window,
    lowest,
    legacyBase = window / 3n,
    programBase = (window / 3n) * 2n,
  } = shape;
  const pageBytes = 1n << pageShift;
  const down = (address: bigint) => address & ~(pageBytes - 1n);
  const up = (address: bigint) => down(address + pageBytes - 1n);
  const random = seed === undefined ? () => 0n : randomBits(seed);
  const pad =
    (GUARD_PAGES << pageShift) +
    (seed === undefined ? 0n : ((1n << BigInt(shape.stackBits)) - 1n) << pageShift);
  // "Unlimited" is the largest number, to which the gap cannot be added.
  const wanted = stackLimit + pad < 1n << 64n ? stackLimit + pad : stackLimit;
  const gap = clamp(wanted, LEAST_GAP, (window / 6n) * 5n);
  const programOffset = random(shape.mmapBits) << pageShift;
  const mmapOffset = random(shape.mmapBits) << pageShift;
  return {
    arch,
    pageBytes,
    taskSize,
    stackTop: window - (random(shape.stackBits) << pageShift),
    mmapBase: up(window - gap - mmapOffset),
    legacyBase: up(legacyBase),
    mmapRandomBytes: 1n << (BigInt(shape.mmapBits) + pageShift),
    programBase: down(programBase) + programOffset,
    looseBreak: up(programBase),
    lowest,
    breakOffset: seed === undefined ? 0n : down((random(32) * shape.breakBytes) >> 32n),
    kernelRegions: hasClockRegion ? shape.vdso : OTHER_VDSO,
  };
}

function clamp(value: bigint, least: bigint, most: bigint): bigint {
  return value < least ? least : value > most ? most : value;
}

/** splitmix64 (Steele, Lea and Flood 2014), using the highest bits of each number. */
function randomBits(seed: number): (bits: number) => bigint {
  let state = BigInt.asUintN(64, BigInt(seed) + 1n);
  return (bits) => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return (z ^ (z >> 31n)) >> BigInt(64 - bits);
  };
}
