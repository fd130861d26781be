/** Claims about calls that can never be served: terabytes of pages, for whose state WebAssembly has 4 GiB. */
import { describe, expect, test } from "vitest";
import { OutOfMemoryError } from "#pagewalk/index.js";
import { runLog } from "#pagewalk/process/log/run/log.js";
import { smapsText, statusText } from "#pagewalk/process/proc/proc.js";
import { statusView } from "#pagewalk/process/proc/status.js";
import type { Process } from "#pagewalk/process/process.js";
import { System, type SystemOptions } from "#pagewalk/process/system.js";
import { PRIVATE, RW, SHARED } from "./memory.js";

const TIB = 2n ** 40n;

async function started(options: SystemOptions = {}): Promise<Process> {
  const process = (await System.create(options)).start();
  process.handle("SIGSEGV");
  return process;
}

const map = (process: Process, bytes = TIB, flags = PRIVATE, protection = RW) =>
  process.mmap(0, bytes, protection, flags).value;

function mapFile(process: Process, bytes: bigint, sizeBytes = bytes): bigint {
  process.system.file("/file", sizeBytes);
  return process.mmap(0, bytes, RW, "MAP_SHARED", "/file").value;
}

/** Regions, sums and tables: all that a call may change. */
const state = (process: Process) => [
  smapsText(process.regions()),
  statusText(statusView(process)),
  process.system.frames,
];

const CALLS: readonly (readonly [what: string, prepare: (process: Process) => () => unknown])[] = [
  ["MAP_POPULATE", (process) => () => map(process, TIB, `${PRIVATE}|MAP_POPULATE`)],
  ["MAP_LOCKED", (process) => () => map(process, TIB, `${PRIVATE}|MAP_LOCKED`)],
  ["MAP_POPULATE of shared memory", (process) => () => map(process, TIB, `${SHARED}|MAP_POPULATE`)],
  [
    "MAP_POPULATE of zeros",
    (process) => () => map(process, 8n * TIB, `${PRIVATE}|MAP_POPULATE`, "PROT_READ"),
  ],
  [
    "MAP_POPULATE in place of a part",
    (process) => {
      const at = map(process, 2n * TIB);
      return () => process.mmap(at + 4096n, TIB, RW, `${PRIVATE}|MAP_FIXED|MAP_POPULATE`);
    },
  ],
  ["mlock", (process) => over(process, (at) => process.mlock(at, TIB))],
  ["mlockall", (process) => over(process, () => process.mlockall("MCL_CURRENT"))],
  [
    "MADV_POPULATE_WRITE",
    (process) => over(process, (at) => process.madvise(at, TIB, "MADV_POPULATE_WRITE")),
  ],
  ["a store", (process) => over(process, (at) => process.store(at, TIB))],
  ["a load of a file", (process) => over(process, (at) => process.load(at, TIB), mapFile)],
  ["MADV_WILLNEED", (process) => over(process, (at) => process.madvise(at, TIB, "MADV_WILLNEED"), mapFile)],
  ["mlock of a region's beginning", (process) => within(process, (at) => process.mlock(at, TIB))],
  ["a store to the middle of a region", (process) => within(process, (at) => process.store(at + TIB, TIB))],
  [
    "MADV_POPULATE_WRITE of a region's end and the next one's beginning",
    (process) => within(process, (at) => process.madvise(at + 2n * TIB, 2n * TIB, "MADV_POPULATE_WRITE")),
  ],
  [
    "MADV_GUARD_INSTALL",
    (process) => {
      const at = map(process, 8n * TIB);
      return () => process.madvise(at, 8n * TIB, "MADV_GUARD_INSTALL");
    },
  ],
  [
    "mremap of locked memory",
    (process) => {
      const at = map(process, 4096n, `${PRIVATE}|MAP_LOCKED`);
      return () => process.mremap(at, 4096, TIB, "MREMAP_MAYMOVE");
    },
  ],
  [
    "brk of a process that locks all to come",
    (process) => {
      process.mlockall("MCL_FUTURE");
      const { value } = process.brk(0);
      return () => process.brk(value + TIB);
    },
  ],
];

function over(
  process: Process,
  call: (at: bigint) => unknown,
  mapping: (process: Process, bytes: bigint) => bigint = map,
): () => unknown {
  const at = mapping(process, TIB);
  return () => call(at);
}

/** The same in the middle of a region, with another region behind it. */
function within(process: Process, call: (at: bigint) => unknown): () => unknown {
  const at = map(process, 6n * TIB);
  process.mprotect(at + 3n * TIB, 3n * TIB, "PROT_READ|PROT_WRITE|PROT_EXEC");
  return () => call(at);
}

describe("a call that could never be served", () => {
  test.each(CALLS)("is refused, and changes nothing: %s", async (_, prepare) => {
    const process = await started();
    const call = prepare(process);
    const before = state(process);
    expect(call).toThrow(OutOfMemoryError);
    expect(state(process)).toEqual(before);
    expect(process.store(map(process, 4096n)).signal).toBeUndefined();
    expect(process.system.isValid()).toBe(true);
  });

  test("is refused with its line and a remedy", async () => {
    const log =
      "p = mmap(NULL, 1099511627776, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\nmlock(p, 1099511627776)";
    const { stopped } = await runLog(new TextEncoder().encode(log));
    expect(stopped?.message).toMatch(
      /:2: the call brings in more pages than .* \(4 GiB\); limit the system with memory, /,
    );
    expect(stopped?.exitStatus).toBe(3);
  });

  test("leaves the calls before it done, if many are made at once", async () => {
    const process = await started();
    const calls = [4096n, TIB].map((bytes) => ["mmap", [0n, bytes, 3n, 0x8022n, 0n, 0n]] as const);
    expect(() => process.callMany(calls)).toThrow(OutOfMemoryError);
    expect(process.regions()).toMatchObject([{ rssBytes: 4096 }, {}]);
  });
});

describe("a possible call is answered", () => {
  test.each<[string, (process: Process) => unknown, unknown]>([
    ["MLOCK_ONFAULT", (process) => process.mlock2(map(process), TIB, "MLOCK_ONFAULT").error, undefined],
    [
      "what cannot be touched",
      (process) => process.mlock(map(process, TIB, PRIVATE, "PROT_NONE"), TIB).error,
      "ENOMEM",
    ],
    [
      "a region that ends soon",
      (process) => process.store(map(process, 4096n), TIB).signal?.code,
      "SEGV_MAPERR",
    ],
    [
      "a hole before more than fits",
      (process) => {
        const at = map(process);
        process.munmap(at + 4096n, 4096);
        return process.store(at, TIB).signal?.code;
      },
      "SEGV_MAPERR",
    ],
    [
      "what may not be read",
      (process) =>
        process.madvise(map(process, 8n * TIB, PRIVATE, "PROT_WRITE"), 8n * TIB, "MADV_POPULATE_READ").error,
      "EINVAL",
    ],
    [
      "a range that ends within its region, and fits",
      (process) => {
        const at = map(process, 4n << 30n, PRIVATE, "PROT_READ");
        return [process.madvise(at, 1 << 30, "MADV_POPULATE_READ").error, process.regions()[0]?.rssBytes];
      },
      [undefined, 0],
    ],
    ["a file that ends soon", (process) => process.mlock(mapFile(process, TIB, 4096n), TIB).error, "ENOMEM"],
    [
      "a range beyond all addresses",
      (process) => process.mlock(map(process) + TIB / 2n, 2n ** 64n - 8192n).error,
      "EINVAL",
    ],
    [
      "a hole behind it",
      (process) => {
        const at = map(process);
        process.munmap(at + TIB - 4096n, 4096);
        return process.mlock(at, TIB).error;
      },
      "ENOMEM",
    ],
    [
      "a guard at its beginning",
      (process) => {
        const at = map(process);
        process.madvise(at, 4096, "MADV_GUARD_INSTALL");
        return process.store(at, TIB).signal?.code;
      },
      "SEGV_MAPERR",
    ],
    [
      "a limit",
      (process) => {
        process.setrlimit("as", 1 << 30);
        return process.mmap(0, TIB, RW, `${PRIVATE}|MAP_POPULATE`).error;
      },
      "ENOMEM",
    ],
  ])("%s", async (_, answer, expected) => {
    expect(answer(await started())).toEqual(expected);
  });

  test("with limited memory, by the OOM killer", async () => {
    const process = await started({ memory: "1MiB", overcommit: 1 });
    expect(process.store(map(process), TIB).signal?.signal).toBe("SIGKILL");
  });

  test("MADV_REMOVE and msync of terabytes with few resident pages", async () => {
    const process = await started();
    const shared = map(process, 8n * TIB, SHARED);
    process.store(shared + TIB);
    process.madvise(shared + TIB, 8192, "MADV_REMOVE");
    process.store(shared + 2n * TIB);
    process.madvise(shared, 8n * TIB, "MADV_REMOVE");
    expect(process.regions()[0]?.rssBytes).toBe(0);
    const file = mapFile(process, 8n * TIB);
    process.store(file + TIB);
    process.store(file + 3n * TIB);
    process.msync(file, 2n * TIB, "MS_SYNC");
    process.madvise(file, 4n * TIB, "MADV_REMOVE");
    expect([process.system.counters.fileWrites, process.system.isValid()]).toEqual([1, true]);
  });
});
