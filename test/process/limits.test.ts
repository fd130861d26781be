import { describe, expect, test } from "vitest";
import { System, UsageError } from "#pagewalk/index.js";
import { parseLimits, UNLIMITED } from "#pagewalk/process/limits.js";

describe("limits", () => {
  test("are those of most systems where nothing is said", () => {
    expect(parseLimits("")).toEqual({ stack: 8n << 20n, memlock: 8n << 20n, as: UNLIMITED, data: UNLIMITED });
  });

  test("are sizes, nothing, or none", () => {
    expect(parseLimits(" stack = 64KiB, memlock=0 ,as=1GiB,data=unlimited,")).toEqual({
      stack: 65536n,
      memlock: 0n,
      as: 1n << 30n,
      data: UNLIMITED,
    });
  });

  test.each([
    ["stak=8MiB", /unknown limit "stak"; did you mean stack\?/],
    ["stack", /"stack" is no limit; write it as stack=8MiB/],
    ["stack=", /is no limit/],
    ["stack=eight", /"eight" is not a size/],
    ["stack=-1", /"-1" is not a size/],
    ["as=99999999999TiB", /is absurdly large/],
    ["data=1.5", /1.5 is not a whole number of bytes/],
    ["nofile=5", /unknown limit "nofile"/],
    ["constructor=5", /unknown limit "constructor"/],
  ])("%s is refused", (text, says) => {
    expect(() => parseLimits(text)).toThrow(UsageError);
    expect(() => parseLimits(text)).toThrow(says);
  });

  test("that a process has set are those of the program that it becomes, mappings placed by them", async () => {
    const process = (await System.create()).start();
    process.setrlimit("stack", 1 << 30, 1 << 30);
    const fresh = process.system.start(undefined, process.limits());
    expect(fresh.getrlimit("stack").soft).toBe(1n << 30n);
    const mapped = fresh.mmap(0, 4096, "PROT_READ", "MAP_PRIVATE|MAP_ANONYMOUS");
    expect(mapped.value).toBe(0x7fffbfefe000n);
  });
});
