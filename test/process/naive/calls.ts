/** Random calls, close enough together to overlap: most in a few dozen pages below the base of mappings. */

import fc from "fast-check";
import * as linux from "../../../assembly/abi/linux.js";
import {
  MADV_COLD,
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
  MADV_NOHUGEPAGE,
  MADV_NORMAL,
  MADV_POPULATE_READ,
  MADV_POPULATE_WRITE,
  MADV_RANDOM,
  MADV_SEQUENTIAL,
  MADV_WIPEONFORK,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_STACK,
  MLOCK_ONFAULT,
  PROT_EXEC,
  PROT_GROWSDOWN,
  PROT_READ,
  PROT_WRITE,
} from "../../../assembly/abi/linux.js";
import type { Kind } from "./faults.js";
import type { Resource } from "./limits.js";
import { PAGE_BYTES } from "./memory.js";
import type { Layout } from "./process.js";
import { remap } from "./remap.js";
import { type Call, FILES, libraryAnswer, libraryTouch, modelAnswer, resize, WAYS } from "./session.js";

type Weighted<T> = fc.WeightedArbitrary<T>;

const hex = (value: number) => `0x${value.toString(16)}`;
const one = <T>(weight: number, arbitrary: fc.Arbitrary<T>): Weighted<T> => ({ weight, arbitrary });
const often = <T>(...choices: readonly (readonly [weight: number, value: T])[]) =>
  fc.oneof(...choices.map(([weight, value]) => one(weight, fc.constant(value))));
/** The value sometimes, otherwise 0. */
const seldom = (value: number, times = 10) => often<number>([times, 0], [1, value]);

/** Names of the bits, as in a log. */
function names(bits: number, prefix: string, none: string): string {
  const known = Object.entries(linux)
    .filter(([name, value]) => name.startsWith(prefix) && typeof value === "number" && value !== 0)
    .filter(([name, value]) => isOneBit(value) && (bits & value) !== 0 && !/TYPE|SHIFT|VALIDATE/.test(name));
  return known.map(([name]) => name).join("|") || none;
}

function isOneBit(value: number): boolean {
  return (value & (value - 1)) === 0;
}

const ADVICE = [
  [8, MADV_DONTNEED],
  [2, MADV_FREE],
  [1, MADV_COLD],
  [2, MADV_DONTFORK],
  [1, MADV_DOFORK],
  [2, MADV_WIPEONFORK],
  [1, MADV_KEEPONFORK],
  [1, MADV_DONTDUMP],
  [1, MADV_DODUMP],
  [1, MADV_RANDOM],
  [1, MADV_SEQUENTIAL],
  [1, MADV_NORMAL],
  [1, MADV_HUGEPAGE],
  [1, MADV_NOHUGEPAGE],
  [1, MADV_DONTNEED_LOCKED],
  [5, MADV_GUARD_INSTALL],
  [2, MADV_GUARD_REMOVE],
  [3, MADV_POPULATE_READ],
  [3, MADV_POPULATE_WRITE],
] as const;

function adviceName(advice: number): string {
  const known = Object.entries(linux).find(([name, value]) => name.startsWith("MADV_") && value === advice);
  return known?.[0] ?? `${advice}`;
}

const RW = PROT_READ | PROT_WRITE;
const protection = often<number>(
  [8, RW],
  [3, PROT_READ],
  [2, 0],
  [1, PROT_WRITE],
  [1, PROT_READ | PROT_EXEC],
  [1, RW | PROT_EXEC],
);

/** Pages below the base of mappings where most happens. */
const NEAR = 14;

export function randomCalls(layout: Layout): fc.Arbitrary<Call[]> {
  const pages = (first: number, count: number) => fc.integer({ min: first, max: first + count - 1 });
  const heap = layout.startBrk / PAGE_BYTES;
  const page = fc.oneof(
    one(60, pages(layout.mapBase - NEAR, NEAR)),
    one(8, pages(layout.mapBase - NEAR - 262, 8)),
    one(6, pages(heap - 2, 6)),
    one(1, fc.constantFrom(0, 1, layout.lowest, layout.top - 1, layout.top)),
  );
  const address = fc.oneof(
    one(
      40,
      page.map((vpn) => vpn * PAGE_BYTES),
    ),
    one(
      1,
      page.map((vpn) => vpn * PAGE_BYTES + 0x801),
    ),
  );
  const bytes = fc.oneof(
    one(
      60,
      fc.integer({ min: 1, max: 4 }).map((count) => count * PAGE_BYTES),
    ),
    one(
      3,
      fc.integer({ min: 6, max: 40 }).map((count) => count * PAGE_BYTES),
    ),
    one(3, fc.integer({ min: 1, max: 5 * PAGE_BYTES })),
    one(1, fc.constantFrom(0, 2 ** 47, 2 ** 48)),
  );

  /** A call over a range, by its name. */
  const over = (name: "munmap" | "mlock" | "munlock") =>
    fc.tuple(address, bytes).map(
      ([at, size]) =>
        ({
          text: () => `${name}(${hex(at)}, ${size})`,
          library: (process) => libraryAnswer(process[name](at, size)),
          model: (process) =>
            modelAnswer(name === "munmap" ? process.munmap(at, size) : process.locks[name](at, size)),
        }) satisfies Part,
    );

  interface Mapping {
    at: number;
    size: number;
    access: number;
    flags: number;
    file: number;
    offset: number;
  }
  const map = ({ at, size, access, flags, file, offset }: Mapping): Part => {
    const isFile = (flags & MAP_ANONYMOUS) === 0;
    const path = isFile ? `${FILES[Math.floor(file / WAYS)]?.path} way ${file % WAYS}` : -1;
    return {
      text: () =>
        `mmap(${hex(at)}, ${size}, ${names(access, "PROT_", "PROT_NONE")}, ${names(flags, "MAP_", "0")}, ${path}, ${offset})`,
      library: (process, files) =>
        libraryAnswer(
          process.mmap(at, size, access, flags, isFile ? files[file]?.library : undefined, offset),
        ),
      model: (process, files) =>
        modelAnswer(process.mmap(at, size, access, flags, isFile ? files[file]?.model : undefined, offset)),
    };
  };
  const file = fc
    .tuple(fc.nat(FILES.length - 1), often<number>([6, 0], [3, 1], [1, 2]))
    .map(([n, way]) => n * WAYS + way);
  const kind = often<number>(
    [12, MAP_PRIVATE | MAP_ANONYMOUS],
    [4, MAP_SHARED | MAP_ANONYMOUS],
    [4, MAP_PRIVATE],
    [3, MAP_SHARED],
  );
  const extra = fc
    .tuple(
      seldom(MAP_GROWSDOWN, 6),
      seldom(MAP_LOCKED),
      seldom(MAP_NORESERVE),
      seldom(MAP_POPULATE),
      seldom(MAP_NONBLOCK, 30),
      seldom(MAP_STACK, 20),
    )
    .map((bits) => bits.reduce((all, bit) => all | bit, 0));
  const mmap = fc
    .record({
      at: address,
      size: fc.oneof(
        one(30, bytes),
        one(
          1,
          fc.constantFrom(512, 513).map((count) => count * PAGE_BYTES),
        ),
      ),
      access: protection,
      where: often<number>([12, MAP_FIXED], [4, 0], [6, -1], [2, MAP_FIXED_NOREPLACE]),
      kind,
      extra,
      file,
      offset: fc.oneof(
        one(
          20,
          fc.integer({ min: 0, max: 6 }).map((index) => index * PAGE_BYTES),
        ),
        one(1, fc.constant(100)),
      ),
    })
    .map(({ where, at, ...rest }) =>
      map({ ...rest, at: where === -1 ? 0 : at, flags: rest.kind | rest.extra | Math.max(where, 0) }),
    );
  /** The first calls of most sequences, so that later calls find mappings. */
  const ground = fc
    .tuple(protection, kind, file, fc.integer({ min: 4, max: NEAR }))
    .map(([access, flags, path, count]) =>
      map({
        at: (layout.mapBase - NEAR) * PAGE_BYTES,
        size: count * PAGE_BYTES,
        access,
        flags: flags | MAP_FIXED,
        file: path,
        offset: 0,
      }),
    );

  const mprotect = fc.tuple(address, bytes, protection, seldom(PROT_GROWSDOWN, 20)).map(
    ([at, size, access, grows]): Part => ({
      text: () => `mprotect(${hex(at)}, ${size}, ${names(access | grows, "PROT_", "PROT_NONE")})`,
      library: (process) => libraryAnswer(process.mprotect(at, size, access | grows)),
      model: (process) => modelAnswer(process.mprotect(at, size, access | grows)),
    }),
  );

  const { MREMAP_MAYMOVE, MREMAP_FIXED, MREMAP_DONTUNMAP } = linux;
  const mremap = fc
    .tuple(
      address,
      bytes,
      fc.oneof(one(2, bytes), one(2, fc.constant(-1))),
      often<number>(
        [4, MREMAP_MAYMOVE],
        [2, 0],
        [5, MREMAP_MAYMOVE | MREMAP_FIXED],
        [2, MREMAP_MAYMOVE | MREMAP_DONTUNMAP],
        [2, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP],
        [1, MREMAP_FIXED],
      ),
      fc.oneof(one(3, address), one(1, fc.constant(0))),
    )
    .map(([at, from, other, flags, target]): Part => {
      const to = other === -1 ? from : other;
      return {
        text: () => `mremap(${hex(at)}, ${from}, ${to}, ${names(flags, "MREMAP_", "0")}, ${hex(target)})`,
        library: (process) => libraryAnswer(process.mremap(at, from, to, flags, target)),
        model: (process) => modelAnswer(remap(process, at, from, to, flags, target)),
      };
    });

  const madvise = fc.tuple(address, bytes, often<number>(...ADVICE)).map(
    ([at, size, advice]): Part => ({
      text: () => `madvise(${hex(at)}, ${size}, ${adviceName(advice)})`,
      library: (process) => libraryAnswer(process.madvise(at, size, advice)),
      model: (process) => modelAnswer(process.madvise(at, size, advice)),
    }),
  );

  const mlock2 = fc.tuple(address, bytes).map(
    ([at, size]): Part => ({
      text: () => `mlock2(${hex(at)}, ${size}, MLOCK_ONFAULT)`,
      library: (process) => libraryAnswer(process.mlock2(at, size, MLOCK_ONFAULT)),
      model: (process) => modelAnswer(process.locks.mlock(at, size, MLOCK_ONFAULT)),
    }),
  );

  const mlockall = fc.integer({ min: 0, max: 8 }).map(
    (flags): Part => ({
      text: () => `mlockall(${names(flags, "MCL_", `${flags}`)})`,
      library: (process) => libraryAnswer(process.mlockall(flags)),
      model: (process) => modelAnswer(process.locks.mlockall(flags)),
    }),
  );

  const munlockall = fc.constant<Part>({
    text: () => "munlockall()",
    library: (process) => libraryAnswer(process.munlockall()),
    model: (process) => modelAnswer(process.locks.munlockall()),
  });

  const brk = fc.integer({ min: -1, max: 6 * PAGE_BYTES }).map((more): Part => {
    const at = layout.startBrk + more;
    return {
      text: () => `brk(${hex(at)})`,
      library: (process) => libraryAnswer(process.brk(at)),
      model: (process) => modelAnswer(process.brk(at)),
    };
  });

  const mincore = fc.tuple(address, bytes).map(
    ([at, size]): Part => ({
      text: () => `mincore(${hex(at)}, ${size})`,
      library: (process) => {
        const { error, pages: flags } = process.mincore(at, size);
        return error ?? flags.map(Number).join("");
      },
      model: (process) => process.mincore(at, size),
    }),
  );

  const touch = (kind: Kind) =>
    fc.tuple(page, often<number>([20, 0], [1, PAGE_BYTES - 4], [1, 0x123])).map(([vpn, offset]): Part => {
      const at = vpn * PAGE_BYTES + offset;
      return {
        text: () => `${kind}(${hex(at)}, 8)`,
        library: (process) => libraryTouch(process[kind](at, 8)),
        model: (process) => process.touch(at, 8, kind),
      };
    });

  const truncate = fc.tuple(fc.nat(FILES.length - 1), fc.nat({ max: 8 * PAGE_BYTES })).map(
    ([n, size]): Part => ({
      text: () => `truncate(${FILES[n]?.path}, ${size})`,
      library: ({ system }) => {
        resize(system, FILES[n]?.path ?? "", size);
        return "";
      },
      model: (_, files, all) => {
        const backing = files[n * WAYS]?.model.backing;
        backing?.resize(Math.ceil(size / PAGE_BYTES));
        for (const process of all) if (backing !== undefined) process.forget(backing);
        return "";
      },
    }),
  );

  const setrlimit = fc
    .tuple(
      often<Resource>([3, "memlock"], [3, "as"], [2, "data"], [2, "stack"]),
      often<number>([1, 0], [2, 2], [2, 8], [3, 16], [3, 32], [2, 2048], [1, 4096]),
    )
    .map(([resource, count]): Part => {
      const soft = count * PAGE_BYTES;
      return {
        text: () => `setrlimit(${resource}, ${soft})`,
        library: (process) => libraryAnswer(process.setrlimit(resource, soft)),
        model: (process) => modelAnswer(process.setrlimit(resource, soft)),
      };
    });

  const special = (name: "fork" | "exit") =>
    fc.constant<Part>({ text: () => `${name}()`, library: () => "", model: () => "", special: name });

  const part = fc.oneof(
    one(10, touch("store")),
    one(6, touch("load")),
    one(1, touch("fetch")),
    one(16, mmap),
    one(2, over("munmap")),
    one(7, mprotect),
    one(6, mremap),
    one(7, madvise),
    one(3, over("mlock")),
    one(1, mlock2),
    one(2, over("munlock")),
    one(1, mlockall),
    one(1, munlockall),
    one(3, brk),
    one(2, mincore),
    one(2, setrlimit),
    one(3, truncate),
    one(3, special("fork")),
    one(1, special("exit")),
  );
  const readable = (who: number, rest: Part): Call & fc.WithToStringMethod => ({
    who,
    ...rest,
    [fc.toStringMethod]: rest.text,
  });
  const first = fc.oneof(one(3, ground), one(1, part)).map((rest) => readable(0, rest));
  const call = fc.tuple(fc.nat(3), part).map(([who, rest]) => readable(who, rest));
  const more = fc.array(call, { maxLength: 40, size: "max" });
  return fc.tuple(first, more).map(([start, rest]) => [start, ...rest]);
}

type Part = Omit<Call, "who">;
