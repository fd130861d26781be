/**
 * Random lives of several processes on a machine with little memory: what they do, as data that shrinks and reads well.
 * Addresses are places in what the process has mapped, or near it, so that most calls meet
 * something.
 */
import fc from "fast-check";
import { policies } from "#pagewalk/policy/policies.js";
import type { SystemOptions } from "#pagewalk/process/system.js";
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
  MAP_LOCKED,
  MAP_NORESERVE,
  MAP_POPULATE,
  MREMAP_DONTUNMAP,
} from "../../../assembly/abi/linux.js";

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

/** Operations after which two neighbours may be alike and apart: Linux does not look at them again. */
export function leavesAlike(operation: Operation): boolean {
  return (
    operation.what === "fork" || (operation.what === "mremap" && (operation.flags & MREMAP_DONTUNMAP) !== 0)
  );
}

/** A place: of which area, how many pages into it, how many pages; negative: before it. */
export interface Place {
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
