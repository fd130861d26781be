/** Parses `/proc/PID/maps`, and creates its regions in a process. From: proc(5). */
import {
  VM_ACCOUNT,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_IO,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../../assembly/abi/linux.js";
import {
  SPACE_BRK,
  SPACE_END_CODE,
  SPACE_LOW_RANDOM,
  SPACE_MMAP_BASE,
  SPACE_START_BRK,
  SPACE_START_CODE,
  SPACE_START_STACK,
} from "../../../assembly/abi/process.js";
import { InputError, optionNamed } from "../../errors.js";
import type { Process } from "../process.js";
import { becomeNarrow } from "../program/compatible.js";

export interface MapsRegion {
  readonly start: bigint;
  readonly end: bigint;
  readonly permissions: string;
  readonly offset: bigint;
  /** `fe:00 339380`. */
  readonly identity: string;
  readonly name: string;
  readonly line: number;
}

/** All but the name, which follows blanks. */
const LINE =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][ps]) ([0-9a-f]{1,16}) ([0-9a-f]{1,8}:[0-9a-f]{1,8} \d{1,20})(?= |$)/;
const WIDE = 1n << 32n;
const MAY = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

/** The regions of a maps file; additional lines of smaps are ignored. Throws `InputError` with the line. */
export function parseMaps(text: string, file: string, pageBytes: bigint): MapsRegion[] {
  const regions: MapsRegion[] = [];
  for (const [n, raw] of text.split("\n").entries()) {
    const line = raw.trimEnd();
    const place = `${file}:${n + 1}`;
    if (line === "" || /^[A-Z]\w*:\s/.test(line)) continue;
    const [fields = "", start = "", end = "", permissions = "", offset = "", identity = ""] =
      LINE.exec(line) ?? [];
    if (start === "") {
      throw new InputError("this is not a line of a maps file", "give it as /proc/PID/maps has it", place);
    }
    const region = {
      start: hex(start),
      end: hex(end),
      permissions,
      offset: hex(offset),
      identity,
      name: line.slice(fields.length).replace(/^ +/, "").replaceAll("\\012", "\n"),
      line: n + 1,
    };
    followRegion(regions.at(-1), region, place, pageBytes);
    regions.push(region);
  }
  return regions;
}

/** Throws `InputError` unless the region consists of whole pages and lies behind the last one. */
export function followRegion(
  last: MapsRegion | undefined,
  region: MapsRegion,
  place: string,
  pageBytes: bigint,
): void {
  if (region.end <= region.start)
    throw new InputError("the region ends before it starts", "give it as /proc/PID/maps has it", place);
  if ((region.start | region.end | region.offset) & (pageBytes - 1n)) {
    throw new InputError(
      `the region is not aligned to pages of ${pageBytes} bytes`,
      `name the architecture it is from with ${optionNamed("arch")}`,
      place,
    );
  }
  if (last !== undefined && region.start < last.end) {
    throw new InputError(
      `the region overlaps that of line ${last.line}, or is out of order`,
      "give it as /proc/PID/maps has it",
      place,
    );
  }
}

const hex = (digits: string) => BigInt(`0x${digits}`);

/**
 * Gives an empty process these regions. Heap and stack are identified by name. Mappings above the user's addresses are
 * left out.
 */
export function installMaps(process: Process, regions: readonly MapsRegion[], file: string): void {
  const stack = regions.find(({ name }) => name === "[stack]");
  if (stack !== undefined && stack.end <= WIDE) becomeNarrow(process);
  const { kernel, layout, files } = process.space;
  let index = 0;
  for (const [n, region] of regions.entries()) {
    if (region.name === "[vsyscall]") continue;
    if (region.end > layout.taskSize) {
      throw new InputError(
        `the region lies beyond the addresses of ${layout.arch}`,
        `name the architecture it is from with ${optionNamed("arch")}`,
        `${file}:${region.line}`,
      );
    }
    const isFile = region.name.startsWith("/");
    const label =
      isFile || /^(\[heap\]|\[stack\])?$/.test(region.name) ? 0 : process.space.label(region.name);
    const isRelro = isFile && isSplitFrom(regions[n - 1], region);
    const flags = isRelro ? flagsOf(region) | VM_ACCOUNT : flagsOf(region);
    const object = isFile ? files.object(region.name) : 0;
    const pgoff = (isFile ? region.offset : region.start) / layout.pageBytes;
    if (!kernel.addRegion({ start: region.start, end: region.end, flags, object, pgoff, label })) {
      throw new InputError(
        "the region has no room",
        "give the maps of one process",
        `${file}:${region.line}`,
      );
    }
    // A writable region has probably been written to, so it must not merge with later ones.
    if (isRelro || ((flags & VM_WRITE) !== 0 && (flags & VM_SHARED) === 0))
      kernel.setAnon(index, 0x80000000 + index);
    index++;
  }
  placeHeap(process, regions);
  if (stack !== undefined) placeStack(process, regions, stack);
}

/** If the stack was randomised, so were the mappings; the highest one, the linker's, gives their base. */
function placeStack({ space, main }: Process, regions: readonly MapsRegion[], stack: MapsRegion): void {
  space.kernel.setField(SPACE_START_STACK, stack.end - 8n);
  main.stackPointer = stack.end - 8n;
  if (stack.end === space.layout.stackTop) return;
  space.kernel.setField(SPACE_LOW_RANDOM, stack.end);
  const highest = regions.findLast(({ end }) => end <= stack.start);
  if (highest !== undefined) space.kernel.setField(SPACE_MMAP_BASE, highest.end);
}

/**
 * True if a file's region continues an adjacent region with equal attributes. Then the dynamic linker has written to it
 * during relocation (RELRO): it is accounted, and the two do not merge.
 */
function isSplitFrom(below: MapsRegion | undefined, { start, permissions, name }: MapsRegion): boolean {
  return below?.end === start && below.name === name && below.permissions === permissions;
}

function flagsOf({ permissions, name }: MapsRegion): number {
  let flags = 0;
  if (permissions[0] === "r") flags |= VM_READ;
  if (permissions[1] === "w") flags |= VM_WRITE;
  if (permissions[2] === "x") flags |= VM_EXEC;
  if (/^\[vvar/.test(name)) {
    return flags | VM_MAYREAD | VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP;
  }
  if (permissions[3] === "s") flags |= VM_SHARED | VM_MAYSHARE;
  else if (permissions[1] === "w") flags |= VM_ACCOUNT;
  if (name === "[vdso]") flags |= VM_DONTEXPAND;
  if (name === "[stack]") flags |= VM_GROWSDOWN;
  return (flags | MAY) >>> 0;
}

/**
 * The heap, which consists of several regions if parts are protected. Without a heap, the place where it would begin:
 * after the program's regions, the first in the file.
 */
function placeHeap(process: Process, regions: readonly MapsRegion[]): void {
  const { kernel } = process.space;
  const heap = regions.filter(({ name }) => name === "[heap]");
  const program = regions.find(({ name }) => name.startsWith("/"));
  process.executable = program?.name;
  let end = program?.end ?? 0n;
  for (const region of regions) {
    if (region.start === end && (region.name === program?.name || region.name === "")) end = region.end;
    else if (region.name === program?.name) end = region.end;
  }
  const code = regions.filter(({ name, permissions }) => name === program?.name && permissions[2] === "x");
  const fields: readonly (readonly [number, bigint])[] = [
    [SPACE_START_BRK, heap[0]?.start ?? end],
    [SPACE_BRK, heap.at(-1)?.end ?? end],
    [SPACE_START_CODE, code[0]?.start ?? 0n],
    [SPACE_END_CODE, code.at(-1)?.end ?? 0n],
  ];
  for (const [field, value] of fields) kernel.setField(field, value);
}
