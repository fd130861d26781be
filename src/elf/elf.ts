/**
 * Parses the parts of an ELF file that the kernel uses: its header and its program headers. From: System V ABI,
 * chapters 4 and 5 ("ELF-64 Object File Format", 1998); `readelf -l` shows the same.
 */
import { InputError } from "../errors.js";

/** A segment that is loaded (PT_LOAD), in bytes. */
export interface ElfSegment {
  readonly address: bigint;
  readonly fileOffset: bigint;
  readonly fileBytes: bigint;
  readonly memoryBytes: bigint;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  readonly align: bigint;
}

export interface ElfFile {
  readonly bits: 32 | 64;
  /** `EM_…` of the header: 3 i386, 62 x86-64, 183 AArch64, 243 RISC-V. */
  readonly machine: number;
  /** Position-independent (ET_DYN). */
  readonly isMovable: boolean;
  readonly entry: bigint;
  readonly segments: readonly ElfSegment[];
  /** The range that becomes read-only after relocation (PT_GNU_RELRO); undefined: none. */
  readonly relocated: ElfSegment | undefined;
  /** The dynamic linker's path; undefined for a static program. */
  readonly interpreter: string | undefined;
  /** Executable stack: PT_GNU_STACK requests it, or is absent. */
  readonly executableStack: boolean;
}

const MAGIC = 0x464c457f;
const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_GNU_STACK = 0x6474e551;
const PT_GNU_RELRO = 0x6474e552;
const ET_EXEC = 2;
const ET_DYN = 3;
const MOST_HEADERS = 4096;
const MOST_PATH = 4096;
const HIGHEST = 1n << 63n;

/** Parses `bytes`, a whole file or its beginning. Throws `InputError` with the offset of the error. */
export function readElf(bytes: Uint8Array, name: string): ElfFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (offset: number | bigint, problem: string, remedy: string): never => {
    throw new InputError(problem, remedy, `${name}:${offset}`);
  };
  const need = (offset: number, length: number, what: string) => {
    if (offset + length > bytes.length)
      fail(bytes.length, `the file ends within its ${what}`, "give the whole ELF file");
  };
  need(0, 20, "header");
  if (view.getUint32(0, true) !== MAGIC)
    fail(0, "this is not an ELF file", "give a program as the compiler made it");
  const bits =
    view.getUint8(4) === 2
      ? 64
      : view.getUint8(4) === 1
        ? 32
        : fail(4, "unknown ELF class", "give a 32- or 64-bit program");
  if (view.getUint8(5) !== 1)
    fail(5, "the program is big-endian", "give one for x86-64, i386, AArch64 or RISC-V");
  need(0, bits === 64 ? 64 : 52, "header");
  const type = view.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN)
    fail(16, `ELF type ${type} is not a program`, "give an executable, not an object or a core");
  const word = (offset: number) =>
    bits === 64 ? view.getBigUint64(offset, true) : BigInt(view.getUint32(offset, true));
  const headers = Number(word(bits === 64 ? 32 : 28));
  const size = view.getUint16(bits === 64 ? 54 : 42, true);
  const count = view.getUint16(bits === 64 ? 56 : 44, true);
  if (size !== (bits === 64 ? 56 : 32))
    fail(bits === 64 ? 54 : 42, `program headers of ${size} bytes`, "the file is damaged");
  if (count === 0 || count > MOST_HEADERS)
    fail(bits === 64 ? 56 : 44, `${count} program headers`, "the file is damaged");
  if (!Number.isSafeInteger(headers))
    fail(bits === 64 ? 32 : 28, "program headers lie beyond the file", "the file is damaged");
  need(headers, size * count, "program headers");
  const segments: ElfSegment[] = [];
  let interpreter: string | undefined;
  let relocated: ElfSegment | undefined;
  let executableStack = true;
  for (let n = 0; n < count; n++) {
    const at = headers + n * size;
    const kind = view.getUint32(at, true);
    const flags = view.getUint32(at + (bits === 64 ? 4 : 24), true);
    const field = (wide: number, narrow: number) => word(at + (bits === 64 ? wide : narrow));
    const segment: ElfSegment = {
      fileOffset: field(8, 4),
      address: field(16, 8),
      fileBytes: field(32, 16),
      memoryBytes: field(40, 20),
      align: field(48, 28),
      executable: (flags & 1) !== 0,
      writable: (flags & 2) !== 0,
      readable: (flags & 4) !== 0,
    };
    if (kind === PT_GNU_STACK) executableStack = segment.executable;
    if (kind === PT_GNU_RELRO) relocated = segment;
    if (kind === PT_INTERP) interpreter = pathAt(segment, at);
    if (kind !== PT_LOAD) continue;
    check(segment, at);
    segments.push(segment);
  }
  if (segments.length === 0) fail(headers, "no part of the file becomes memory", "give a program");
  return {
    bits,
    machine: view.getUint16(18, true),
    isMovable: type === ET_DYN,
    entry: word(24),
    segments,
    relocated,
    interpreter,
    executableStack,
  };

  function pathAt({ fileOffset, fileBytes }: ElfSegment, at: number): string {
    if (fileBytes < 2n || fileBytes > MOST_PATH)
      fail(at, "the interpreter's path has no sensible length", "the file is damaged");
    need(Number(fileOffset), Number(fileBytes), "interpreter's path");
    const text = bytes.subarray(Number(fileOffset), Number(fileOffset + fileBytes));
    if (text.at(-1) !== 0) fail(fileOffset, "the interpreter's path has no end", "the file is damaged");
    return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
  }

  function check(segment: ElfSegment, at: number): void {
    const { address, fileOffset, fileBytes, memoryBytes, align } = segment;
    if (fileBytes > memoryBytes)
      fail(at, "a segment has more of the file than of memory", "the file is damaged");
    if (memoryBytes >= HIGHEST || address >= HIGHEST - memoryBytes)
      fail(at, "a segment lies beyond the address space", "the file is damaged");
    if (align > 1n && (align & (align - 1n)) !== 0n)
      fail(at, "a segment's alignment is not a power of two", "the file is damaged");
    if (((address - fileOffset) & 0xfffn) !== 0n)
      fail(at, "a segment's address and offset differ within a page", "link it for 4 KiB pages");
    const last = segments.at(-1);
    if (last !== undefined && address < last.address + last.memoryBytes)
      fail(at, "segments overlap or are out of order", "the file is damaged");
  }
}

/** End of the highest segment. */
export function bssEndOf({ segments }: ElfFile): bigint {
  return segments.reduce(
    (highest, { address, memoryBytes }) =>
      address + memoryBytes > highest ? address + memoryBytes : highest,
    0n,
  );
}

/** The lowest segment. */
export function firstOf({ segments }: ElfFile): ElfSegment {
  return segments[0] as ElfSegment;
}

/** Bytes from the first page to the last. */
export function spanOf(elf: ElfFile, pageBytes: bigint): bigint {
  return ((bssEndOf(elf) + pageBytes - 1n) & -pageBytes) - (firstOf(elf).address & -pageBytes);
}

/** The largest alignment of a segment (maximum_alignment). */
export function alignmentOf({ segments }: ElfFile): bigint {
  return segments.reduce((most, { align }) => (align > most ? align : most), 1n);
}

/** A file to load, with the path that maps show. */
export interface Program {
  readonly path: string;
  readonly elf: ElfFile;
  readonly sizeBytes: bigint;
}
