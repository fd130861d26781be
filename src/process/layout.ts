/**
 * Where an address space begins and ends, and what lies at its top: by architecture, as Linux 6.18 sets it, without
 * randomisation (`setarch -R`) or with it, from a seed. From: arch/x86/mm/mmap.c, mm/util.c (arch_pick_mmap_layout),
 * fs/binfmt_elf.c, and each architecture's processor.h and elf.h. What differs: under randomisation the low bits of the
 * stack pointer stay as they are.
 */
import { UsageError } from "../errors.js";

export interface LayoutOptions {
  readonly arch?: string;
  /** With a seed addresses are random, the same for the same seed. */
  readonly seed?: number | undefined;
  /** Bytes (`ulimit -s`); it pushes the mappings down. */
  readonly stackLimit?: bigint;
}

export interface Layout {
  readonly arch: string;
  readonly pageBytes: bigint;
  /** Addresses end here. */
  readonly taskSize: bigint;
  /** Mappings go downwards from here. */
  readonly mmapBase: bigint;
  readonly stackTop: bigint;
  /** Where a position-independent program goes. */
  readonly programBase: bigint;
  /** vm.mmap_min_addr. */
  readonly lowest: bigint;
  /** How far the break may be moved at random; 0 without a seed. */
  readonly breakOffset: bigint;
  /** Names of what the kernel maps itself, and their pages, from below. */
  readonly kernelRegions: readonly { name: string; pages: bigint; code: boolean }[];
}

interface Shape {
  pageShift: bigint;
  taskSize: bigint;
  /** Bits of random pages in the base of mappings, in the stack's top, in the break. */
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

const x86: Shape = {
  pageShift: 12n,
  taskSize: (1n << 47n) - 4096n,
  mmapBits: 28,
  stackBits: 22,
  breakBytes: GIB,
  vdso: X86_VDSO,
};
const i386: Shape = {
  pageShift: 12n,
  taskSize: 0xc0000000n,
  mmapBits: 8,
  stackBits: 11,
  breakBytes: 32n * MIB,
  vdso: X86_VDSO,
};
const riscv = (bits: bigint): Shape => ({
  pageShift: 12n,
  taskSize: 1n << (bits - 1n),
  mmapBits: bits === 39n ? 18 : 24,
  stackBits: 22,
  breakBytes: GIB,
  vdso: OTHER_VDSO,
});
const arm = (pageShift: bigint): Shape => ({
  pageShift,
  taskSize: 1n << 48n,
  mmapBits: Number(30n - pageShift),
  stackBits: Number(34n - pageShift),
  breakBytes: GIB,
  vdso: OTHER_VDSO,
});

const SHAPES: Readonly<Record<string, Shape>> = {
  "x86-64": x86,
  // Programs that do not ask for more get what four levels have.
  "x86-64-la57": x86,
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
const LOWEST = 65536n;
const GUARD_PAGES = 256n;

/** Throws `UsageError` for an unknown architecture. */
export function layoutOf({ arch = "x86-64", seed, stackLimit = 8n * MIB }: LayoutOptions = {}): Layout {
  const shape = SHAPES[arch];
  if (shape === undefined) {
    throw new UsageError(
      `unknown architecture "${arch}"`,
      `there are ${Object.keys(SHAPES).join(", ")}`,
      "--arch",
    );
  }
  const { pageShift, taskSize } = shape;
  const pageBytes = 1n << pageShift;
  const down = (address: bigint) => address & ~(pageBytes - 1n);
  const random = seed === undefined ? () => 0n : randomBits(seed);
  const pad =
    (GUARD_PAGES << pageShift) +
    (seed === undefined ? 0n : ((1n << BigInt(shape.stackBits)) - 1n) << pageShift);
  const most = (taskSize / 6n) * 5n;
  const gap = clamp(stackLimit + pad, LEAST_GAP, most);
  const programOffset = random(shape.mmapBits) << pageShift;
  const mmapOffset = random(shape.mmapBits) << pageShift;
  return {
    arch,
    pageBytes,
    taskSize,
    stackTop: down(taskSize) - (random(shape.stackBits) << pageShift),
    mmapBase: down(taskSize - gap - mmapOffset + pageBytes - 1n),
    programBase: down((taskSize / 3n) * 2n) + programOffset,
    lowest: LOWEST,
    breakOffset: seed === undefined ? 0n : down((random(32) * shape.breakBytes) >> 32n),
    kernelRegions: shape.vdso,
  };
}

function clamp(value: bigint, least: bigint, most: bigint): bigint {
  return value < least ? least : value > most ? most : value;
}

/** splitmix64 (Steele, Lea and Flood 2014): the topmost bits of each number. */
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
