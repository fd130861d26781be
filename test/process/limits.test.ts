import { describe, expect, test } from "vitest";
import { type Answer, System, UsageError } from "#pagewalk/index.js";
import type { Process } from "#pagewalk/process/process.js";
import { parseLimits, UNLIMITED } from "#pagewalk/process/system/limits.js";
import { at, PRIVATE, RW } from "./memory.js";

describe("limits", () => {
  test("default to those of most systems", () => {
    expect(parseLimits("")).toEqual({ stack: 8n << 20n, memlock: 8n << 20n, as: UNLIMITED, data: UNLIMITED });
  });

  test("are sizes, 0 or unlimited", () => {
    expect(parseLimits(" stack = 64KiB, memlock=0 ,as=1GiB,data=unlimited,")).toEqual({
      stack: 65536n,
      memlock: 0n,
      as: 1n << 30n,
      data: UNLIMITED,
    });
  });

  test.each([
    ["stak=8MiB", /unknown limit "stak"; did you mean stack\?/],
    ["stack", /"stack" is not a limit; write it as stack=8MiB/],
    ["stack=", /is not a limit/],
    ["stack=eight", /"eight" is not a size/],
    ["stack=-1", /"-1" is not a size/],
    ["as=99999999999TiB", /is too large/],
    ["data=1.5", /1.5 is not a whole number of bytes/],
    ["nofile=5", /unknown limit "nofile"/],
    ["constructor=5", /unknown limit "constructor"/],
  ])("%s is refused", (text, says) => {
    expect(() => parseLimits(text)).toThrow(UsageError);
    expect(() => parseLimits(text)).toThrow(says);
  });

  test("that a process has set are kept by execve, which places mappings by them", async () => {
    const process = (await System.create()).start();
    process.setrlimit("stack", 1 << 30, 1 << 30);
    const fresh = process.system.start(undefined, process.limits());
    expect(fresh.getrlimit("stack").soft).toBe(1n << 30n);
    const mapped = fresh.mmap(0, 4096, "PROT_READ", "MAP_PRIVATE|MAP_ANONYMOUS");
    expect(mapped.value).toBe(0x7fffbfefe000n);
  });
});

/** A process with a given number of regions: pages that differ in protection, far below the 64 pages at `A`. */
class Crowd {
  private constructor(
    readonly process: Process,
    private count: number,
    private end: bigint,
  ) {}

  static async create(): Promise<Crowd> {
    const process = (await System.create()).start();
    process.mmap(A, 64 * 4096, RW, `${PRIVATE}|MAP_FIXED`);
    process.mprotect(at(A, 32), 32 * 4096, "PROT_READ");
    return new Crowd(process, 2, 2n ** 32n);
  }

  /** Makes the given number of regions, then the call. Returns its answer and the new number. */
  with(regions: number, call: (process: Process) => Answer): [error: string | undefined, regions: number] {
    const more = regions - this.count;
    const page = (n: bigint) => this.end + n * 4096n;
    if (more < 0) this.process.munmap(page(BigInt(more)), -more * 4096);
    const pages = Array.from({ length: Math.max(more, 0) }, (_, n) => page(BigInt(n)));
    this.process.callMany(
      pages.map((start) => ["mmap", [start, 4096n, (start >> 12n) & 1n, 0x32n, 0n, 0n]] as const),
    );
    this.end = page(BigInt(more));
    const { error } = call(this.process);
    this.count = this.process.space.kernel.regionCount;
    return [error, this.count];
  }
}

const A = 2n ** 40n;

test("the limit of 65,530 regions is checked where Linux 6.18 checks it: after merging, for each split", async () => {
  const crowd = await Crowd.create();
  const mapOne = (process: Process) => process.mmap(0, 4096, RW, "MAP_SHARED|MAP_ANONYMOUS");
  const protect =
    (first: number, pages: number, to = "PROT_READ") =>
    (process: Process) =>
      process.mprotect(at(A, first), pages * 4096, to);
  expect([
    crowd.with(65530, protect(32, 4, RW)),
    crowd.with(65530, protect(34, 2)),
    crowd.with(65530, protect(4, 2)),
    crowd.with(65529, protect(4, 2)),
    crowd.with(65530, (process) => process.madvise(at(A, 20), 8192, "MADV_DONTFORK")),
    crowd.with(65529, (process) => process.mlock(at(A, 20), 8192)),
    crowd.with(65528, (process) => process.mlock(at(A, 20), 8192)),
    crowd.with(65530, (process) => process.munmap(at(A, 50), 4096)),
    crowd.with(65530, mapOne),
    crowd.with(65531, mapOne),
    crowd.with(65526, (process) => process.mremap(at(A, 60), 4096, 8192, "MREMAP_MAYMOVE")),
    crowd.with(65527, (process) => process.mremap(at(A, 62), 4096, 8192, "MREMAP_MAYMOVE")),
    crowd.with(65525, (process) =>
      process.mremap(at(A, 42), 4096, 4096, "MREMAP_MAYMOVE|MREMAP_FIXED", at(A, 99)),
    ),
  ]).toEqual([
    [undefined, 65530],
    [undefined, 65530],
    ["ENOMEM", 65530],
    ["ENOMEM", 65530],
    ["EAGAIN", 65530],
    ["ENOMEM", 65530],
    [undefined, 65529],
    ["ENOMEM", 65530],
    [undefined, 65531],
    ["ENOMEM", 65531],
    [undefined, 65528],
    ["ENOMEM", 65527],
    ["ENOMEM", 65525],
  ]);
});
