/** Claims about calls and accesses of a GiB and more: each is served page by page, in bounded time. */
import { expect, test } from "vitest";
import { runLines } from "../../logs.js";

const GIB = 1 << 30;
const PAGES = GIB / 4096;

test("a store to 1 GiB takes a fault for each huge page", async () => {
  const { process, stopped } = await runLines(
    [
      "p = mmap(NULL, 0x80000000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
      "store(p, 0x40000000)",
    ],
    { huge: "always" },
  );
  expect(stopped).toBeUndefined();
  expect([process.residentBytes, process.faults.minor]).toEqual([GIB, GIB >> 21]);
});

test("mlock of 1 GiB locks it", async () => {
  const { process, stopped } = await runLines(
    [
      "p = mmap(NULL, 0x100000000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0)",
      "mlock(p, 0x40000000) = 0",
    ],
    { ulimit: "memlock=8GiB" },
  );
  expect(stopped).toBeUndefined();
  expect([process.lockedBytes, process.faults.minor]).toEqual([GIB, PAGES]);
});

test("a read of 2^63 - 1 bytes is skipped", async () => {
  const { stopped, skipped } = await runLines([
    'open("/f", O_RDWR|O_CREAT) = 3',
    'read(3, "", 0x7fffffffffffffff) = 9223372036854775807',
  ]);
  expect(stopped).toBeUndefined();
  expect(skipped).toEqual({ open: 1, read: 1 });
});
