/**
 * Random operations of several processes on a machine with little memory, as data that can be shrunk and read, and
 * their execution. Addresses lie in or near mappings of the process, so that most calls affect one.
 */
import fc from "fast-check";
import { OutOfMemoryError } from "#pagewalk/errors.js";
import { policies } from "#pagewalk/policy/policies.js";
import type { Process } from "#pagewalk/process/process.js";
import { System, type SystemOptions } from "#pagewalk/process/system.js";
import {
  MADV_COLD,
  MADV_COLLAPSE,
  MADV_DODUMP,
  MADV_DOFORK,
  MADV_DONTDUMP,
  MADV_DONTFORK,
  MADV_DONTNEED,
  MADV_DONTNEED_LOCKED,
  MADV_FREE,
  MADV_GUARD_INSTALL,
  MADV_GUARD_REMOVE,
  MADV_HUGEPAGE,
  MADV_KEEPONFORK,
  MADV_MERGEABLE,
  MADV_NOHUGEPAGE,
  MADV_NORMAL,
  MADV_PAGEOUT,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_RANDOM,
  MADV_REMOVE,
  MADV_SEQUENTIAL,
  MADV_UNMERGEABLE,
  MADV_WILLNEED,
  MADV_WIPEONFORK,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  VM_DONTEXPAND,
  VM_GROWSDOWN,
  VM_MAYBE_GUARD,
} from "../../assembly/abi/linux.js";
import { SPACE_BRK, SPACE_START_BRK } from "../../assembly/abi/process.js";

const NAMES = (await policies()).filter(({ needsFuture }) => !needsFuture).map(({ name }) => name);
const ARCHITECTURES = ["x86-64", "x86-64-la57", "i386", "i386-pae", "sv39", "sv48", "sv57"];
const LARGE_PAGES = ["aarch64-4k", "aarch64-16k", "aarch64-64k"];

export interface Setup {
  readonly options: SystemOptions;
}

const frames = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 16, max: 80 }) },
  { weight: 2, arbitrary: fc.integer({ min: 80, max: 400 }) },
);
/** Room for a few huge pages of 512 base pages. */
const roomy = fc.integer({ min: 600, max: 2600 });

export const setup: fc.Arbitrary<Setup> = fc
  .record({
    arch: fc.oneof(
      { weight: 4, arbitrary: fc.constant("x86-64") },
      { weight: 3, arbitrary: fc.constantFrom(...ARCHITECTURES) },
      { weight: 1, arbitrary: fc.constantFrom(...LARGE_PAGES) },
    ),
    huge: fc.oneof(
      { weight: 3, arbitrary: fc.constant("never" as const) },
      { weight: 2, arbitrary: fc.constantFrom("always" as const, "madvise" as const) },
    ),
    frames,
    roomy,
    swap: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 100, max: 4000 })),
    policy: fc.oneof(
      { weight: 1, arbitrary: fc.constant("clock") },
      { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
    ),
    pageCache: fc.constantFrom("warm" as const, "cold" as const),
    hugetlb: fc.nat(1),
    overcommit: fc.constantFrom(0 as const, 1 as const, 2 as const),
    walkCache: fc.boolean(),
    limits: fc.constantFrom("", "memlock=64KiB", "memlock=256KiB,stack=1MiB", "data=1MiB", "as=8MiB"),
    isEndless: fc.nat(9),
  })
  .map(
    ({
      arch,
      huge,
      frames,
      roomy,
      swap,
      policy,
      pageCache,
      hugetlb,
      overcommit,
      walkCache,
      limits,
      isEndless,
    }) => {
      const pageBytes = arch === "aarch64-64k" ? 65536 : arch === "aarch64-16k" ? 16384 : 4096;
      const isRoomy = huge !== "never" || hugetlb > 0;
      const options: SystemOptions = {
        arch,
        huge,
        policy,
        pageCache,
        overcommit,
        tlb: "l1i=2x2,l1d=2x2,l2=4x2",
        hugetlb: isRoomy && roomy > 1200 && pageBytes === 4096 && arch !== "i386" ? hugetlb : 0,
        swap: swap * pageBytes,
        ulimit: limits,
      };
      if (isEndless !== 0) options.memory = (isRoomy ? roomy : frames) * pageBytes;
      if (walkCache) options.walkCache = arch === "i386" ? "l2=4" : "l3=2,l2=4";
      return { options };
    },
  );

/** Regions of explicit huge pages never merge, and growing stacks do not merge with their neighbours. */
const UNMERGEABLE = VM_DONTEXPAND | VM_GROWSDOWN;

/** Operations after which two similar neighbours may stay separate, because Linux does not check them again. */
export function leavesAlike(operation: Operation): boolean {
  return (
    operation.what === "fork" || (operation.what === "mremap" && (operation.flags & MREMAP_DONTUNMAP) !== 0)
  );
}

/** A range: its area, its offset in pages (negative: before the area), its length in pages. */
interface Place {
  readonly area: number;
  readonly page: number;
  readonly pages: number;
}
const place: fc.Arbitrary<Place> = fc.record({
  area: fc.nat(7),
  page: fc.oneof(fc.nat(12), fc.integer({ min: -2, max: 40 }), fc.constantFrom(0, 255, 511, 512, 1024)),
  pages: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constantFrom(1, 30, 256, 512, 513, 1200)),
});

const ADVICE = [
  MADV_NORMAL,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WILLNEED,
  MADV_DONTNEED,
  MADV_FREE,
  MADV_REMOVE,
  MADV_DONTFORK,
  MADV_DOFORK,
  MADV_MERGEABLE,
  MADV_UNMERGEABLE,
  MADV_HUGEPAGE,
  MADV_NOHUGEPAGE,
  MADV_DONTDUMP,
  MADV_DODUMP,
  MADV_WIPEONFORK,
  MADV_KEEPONFORK,
  MADV_COLD,
  MADV_PAGEOUT,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_DONTNEED_LOCKED,
  MADV_COLLAPSE,
  MADV_GUARD_INSTALL,
  MADV_GUARD_REMOVE,
];
const FILES = ["/file0", "/file1", "/memfd:memory"];
const KINDS = ["private", "shared", "file", "shared file", "stack", "huge", "shared huge"] as const;

const who = fc.nat(3);
const protection = fc.constantFrom(0, 1, 3, 3, 3, 5, 7);
const action = <K extends string, T extends object>(weight: number, what: K, rest: fc.Arbitrary<T>) => ({
  weight,
  arbitrary: fc.tuple(who, rest).map(([who, rest]) => ({ what, who, ...rest })),
});

export const operation = fc.oneof(
  action(
    8,
    "mmap",
    fc.record({
      kind: fc.constantFrom(...KINDS),
      pages: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(512, 1024, 1100)),
      protection,
      extra: fc.constantFrom(0, 0, 0, MAP_POPULATE, MAP_LOCKED, MAP_NORESERVE),
      offset: fc.nat(8),
      over: fc.option(place, { freq: 4, nil: undefined }),
    }),
  ),
  action(3, "munmap", place),
  action(4, "mprotect", fc.record({ place, protection })),
  action(
    4,
    "mremap",
    fc.record({
      place,
      pages: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constantFrom(512, 1024)),
      flags: fc.constantFrom(0, 1, 1, 1, 3, 5),
      to: place,
    }),
  ),
  action(8, "madvise", fc.record({ place, advice: fc.constantFrom(...ADVICE) })),
  action(3, "mlock", fc.record({ place, onFault: fc.boolean() })),
  action(3, "munlock", place),
  action(1, "mlockall", fc.record({ flags: fc.constantFrom(1, 2, 3, 7) })),
  action(1, "munlockall", fc.constant({})),
  action(1, "msync", fc.record({ place, flags: fc.constantFrom(1, 4, 6) })),
  action(1, "mincore", place),
  action(2, "brk", fc.record({ pages: fc.integer({ min: 0, max: 60 }) })),
  action(12, "touch", fc.record({ place, isStore: fc.boolean(), isCrossing: fc.boolean() })),
  action(10, "sweep", fc.record({ place, isStore: fc.boolean(), stride: fc.constantFrom(1, 1, 3, 7) })),
  action(2, "push", fc.record({ pages: fc.integer({ min: 1, max: 30 }) })),
  action(
    4,
    "file",
    fc.record({
      file: fc.nat(2),
      change: fc.constantFrom("resize", "resize", "write", "read", "punch", "flush"),
      from: fc.nat(0x30000),
      bytes: fc.integer({ min: 1, max: 0x8000 }),
    }),
  ),
  action(3, "fork", fc.constant({})),
  action(2, "exit", fc.constant({})),
  action(1, "adjust", fc.record({ score: fc.constantFrom(-1000, -500, 0, 300, 1000) })),
);
export type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** A machine, its processes, and their mappings. */
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
