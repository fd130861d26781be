/** Carries out the operations of random lives on a system, and finds what is unsound afterwards. */
import { OutOfMemoryError } from "#pagewalk/errors.js";
import type { Process } from "#pagewalk/process/process.js";
import { System } from "#pagewalk/process/system.js";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  VM_DONTEXPAND,
  VM_GROWSDOWN,
  VM_MAYBE_GUARD,
} from "../../../assembly/abi/linux.js";
import { SPACE_BRK, SPACE_START_BRK } from "../../../assembly/abi/process.js";
import type { Operation, Place, Setup } from "./operations.js";

const FILES = ["/file0", "/file1", "/memfd:memory"];

/** Regions of explicit huge pages never merge, and growing stacks do not merge with their neighbours. */
const UNMERGEABLE = VM_DONTEXPAND | VM_GROWSDOWN;

/** A machine, its processes, and what they have mapped. */
export class World {
  private readonly areas = new Map<Process, bigint[]>();
  private constructor(readonly system: System) {}

  static async of({ options }: Setup): Promise<World> {
    const world = new World(await System.create(options));
    world.spawn();
    return world;
  }

  private spawn(): Process {
    const process = this.system.start();
    const { pageBytes, stackTop, programBase } = this.system.layout;
    this.areas.set(process, []);
    process.space.kernel.setField(SPACE_START_BRK, programBase);
    process.space.kernel.setField(SPACE_BRK, programBase);
    const bytes = 4n * pageBytes;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN;
    process.mmap(stackTop - bytes, bytes, 3, flags);
    return process;
  }

  get living(): Process[] {
    return [...this.areas.keys()].filter(({ isAlive }) => isAlive);
  }

  /** The inconsistent structure, if any. */
  defect(): string | undefined {
    return this.system.defect();
  }

  /**
   * Adjacent regions with equal attributes, which Linux would have merged. They may be separate only for their history:
   * the origin of their pages, or a fork or MREMAP_DONTUNMAP that made two regions equal.
   */
  unmerged(): string | undefined {
    for (const process of this.living) {
      const regions = process.rawRegions();
      for (const [n, above] of regions.entries()) {
        const below = regions[n - 1];
        if (below === undefined || below.end !== above.start) continue;
        if (((below.flags ^ above.flags) & ~VM_MAYBE_GUARD) !== 0) continue;
        if ((below.flags & UNMERGEABLE) !== 0 || below.object !== above.object) continue;
        const pages = (below.end - below.start) / this.system.layout.pageBytes;
        if (below.pgoff + pages === above.pgoff && below.anon === above.anon)
          return `${process.pid}: ${above.start}`;
      }
    }
    return undefined;
  }

  /** Performs the operation. Returns true if the simulation itself is out of memory. */
  do(operation: Operation): boolean {
    try {
      this.perform(this.pick(operation.who), operation);
      return false;
    } catch (error) {
      if (error instanceof OutOfMemoryError) return true;
      throw error;
    }
  }

  private pick(who: number): Process {
    const { living } = this;
    return living[who % living.length] ?? this.spawn();
  }

  private at(process: Process, { area, page, pages }: Place): [address: bigint, bytes: bigint] {
    const areas = this.areas.get(process) ?? [];
    const start = areas[area % areas.length] ?? this.system.layout.mmapBase;
    const { pageBytes } = this.system.layout;
    return [start + BigInt(page) * pageBytes, BigInt(pages) * pageBytes];
  }

  private remember(process: Process, start: bigint): void {
    const areas = this.areas.get(process) ?? [];
    areas.unshift(start);
    areas.length = Math.min(areas.length, 8);
  }

  private perform(process: Process, operation: Operation): void {
    const { pageBytes } = this.system.layout;
    switch (operation.what) {
      case "mmap":
        this.map(process, operation);
        return;
      case "munmap":
        process.munmap(...this.at(process, operation));
        return;
      case "mprotect":
        process.mprotect(...this.at(process, operation.place), operation.protection);
        return;
      case "mremap": {
        const [address, bytes] = this.at(process, operation.place);
        const [target] = this.at(process, operation.to);
        const wanted = BigInt(operation.pages) * pageBytes;
        const isKept = (operation.flags & MREMAP_DONTUNMAP) !== 0;
        const answer = process.mremap(address, bytes, isKept ? bytes : wanted, operation.flags, target);
        if (answer.error === undefined) this.remember(process, answer.value);
        return;
      }
      case "madvise":
        process.madvise(...this.at(process, operation.place), operation.advice);
        return;
      case "mlock":
        process.mlock2(...this.at(process, operation.place), Number(operation.onFault));
        return;
      case "munlock":
        process.munlock(...this.at(process, operation));
        return;
      case "mlockall":
        process.mlockall(operation.flags);
        return;
      case "munlockall":
        process.munlockall();
        return;
      case "msync":
        process.msync(...this.at(process, operation.place), operation.flags);
        return;
      case "mincore":
        process.mincore(...this.at(process, operation));
        return;
      case "brk":
        process.brk(this.system.layout.programBase + BigInt(operation.pages) * pageBytes);
        return;
      case "touch": {
        const [address] = this.at(process, operation.place);
        const from = address + (operation.isCrossing ? pageBytes - 4n : 0n);
        if (operation.isStore) process.store(from, 8);
        else process.load(from, 8);
        return;
      }
      case "sweep":
        this.sweep(process, operation);
        return;
      case "push":
        process.alloca(BigInt(operation.pages) * pageBytes);
        return;
      case "file":
        this.change(process, operation);
        return;
      case "fork": {
        if (this.living.length > 5) return;
        const child = process.fork();
        if (!("error" in child)) this.areas.set(child, [...(this.areas.get(process) ?? [])]);
        return;
      }
      case "exit":
        process.exit();
        return;
      case "adjust":
        process.space.kernel.setOomScoreAdjust(operation.score);
    }
  }

  private change(process: Process, { file, change, ...range }: Operation & { what: "file" }): void {
    const { files } = this.system;
    const path = FILES[file] ?? "";
    const [from, bytes] = [BigInt(range.from), BigInt(range.bytes)];
    if (change === "resize") this.system.resizeFile(path, from);
    else if (change === "write") process.writeFile(path, from, bytes);
    else
      this.system.operate(() => (change === "flush" ? files.flush(path) : files[change](path, from, bytes)));
  }

  private map(process: Process, operation: Operation & { what: "mmap" }): void {
    const { kind, pages, protection, extra, offset, over } = operation;
    const { pageBytes } = this.system.layout;
    const isFile = kind === "file" || kind === "shared file";
    let flags = kind.startsWith("shared") ? MAP_SHARED : MAP_PRIVATE;
    if (!isFile) flags |= MAP_ANONYMOUS;
    if (kind === "stack") flags |= MAP_GROWSDOWN;
    if (kind.endsWith("huge")) flags |= MAP_HUGETLB;
    const [address] = over === undefined ? [0n] : this.at(process, over);
    if (over !== undefined) flags |= MAP_FIXED;
    const path = isFile ? FILES[offset % FILES.length] : undefined;
    if (path !== undefined) this.system.file(path, 30n * pageBytes);
    const bytes = BigInt(pages) * pageBytes;
    const at = isFile ? BigInt(offset) * pageBytes : 0;
    const answer = process.mmap(address, bytes, protection, flags | extra, path, at);
    if (answer.error === undefined) this.remember(process, answer.value);
  }

  /** Touches each page in turn by records, as traces do. */
  private sweep(process: Process, { place, isStore, stride }: Operation & { what: "sweep" }): void {
    const { pageBytes } = this.system.layout;
    const [address] = this.at(process, place);
    const addresses = Array.from(
      { length: place.pages },
      (_, n) => address + BigInt((n * stride) % place.pages) * pageBytes + 8n,
    );
    process.touchMany(addresses, isStore ? "store" : "load", 8);
  }
}
