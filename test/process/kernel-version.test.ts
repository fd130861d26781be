import { expect, test } from "vitest";
import { System } from "#pagewalk/process/system.js";

const PRIVATE = "MAP_PRIVATE|MAP_ANONYMOUS";
const BOTH = "PROT_READ|PROT_WRITE";

async function processOf(kernel: string, options: object = {}) {
  return (await System.create({ kernel, ...options })).start();
}

test.each(["5.9", "6", "6.x", "", "newest", "4.19"])("%j is not a known version", async (kernel) => {
  await expect(System.create({ kernel })).rejects.toThrow(/is not a known version of Linux/);
});

test("versions later than the newest known one behave like it", async () => {
  const process = await processOf("7.1");
  const at = process.mmap(0, 4096, BOTH, PRIVATE).value;
  expect(process.madvise(at, 4096, "MADV_POPULATE_WRITE").error).toBeUndefined();
});

test("processes may lock 64 KiB before 5.16, 8 MiB since", async () => {
  const limit = async (kernel: string) => (await processOf(kernel)).getrlimit("memlock").soft;
  expect([await limit("5.15"), await limit("5.16")]).toEqual([65536n, 8388608n]);
});

test.each([
  ["MADV_POPULATE_READ", "5.13", "5.14"],
  ["MADV_DONTNEED_LOCKED", "5.17", "5.18"],
])("%s is unknown in %s and known in %s", async (advice, before, since) => {
  const answers = [before, since].map(async (kernel) => {
    const process = await processOf(kernel);
    return process.madvise(process.mmap(0, 4096, BOTH, PRIVATE).value, 4096, advice).error;
  });
  expect(await Promise.all(answers)).toEqual(["EINVAL", undefined]);
});

test("large anonymous mappings are aligned to huge pages since 6.7, only multiples of huge pages since 6.13", async () => {
  const isAligned = async (kernel: string, bytes: number) => {
    const process = await processOf(kernel);
    process.mmap(0, 4096, BOTH, PRIVATE);
    return process.mmap(0, bytes, BOTH, PRIVATE).value % 2097152n === 0n;
  };
  const row = async (kernel: string) => [await isAligned(kernel, 2097152), await isAligned(kernel, 2101248)];
  expect([await row("6.6"), await row("6.7"), await row("6.13")]).toEqual([
    [false, false],
    [true, true],
    [true, false],
  ]);
});

test("MAP_STACK excludes huge pages since 6.7", async () => {
  const flags = async (kernel: string) => {
    const process = await processOf(kernel);
    process.mmap(0, 4096, BOTH, `${PRIVATE}|MAP_STACK`);
    return process.regions()[0]?.vmFlags.includes("nh");
  };
  expect([await flags("6.6"), await flags("6.7")]).toEqual([false, true]);
});

test("a region with pages merges into a neighbour without pages since 6.16", async () => {
  const regions = async (kernel: string) => {
    const process = await processOf(kernel);
    const at = process.mmap(0, 8192, BOTH, `${PRIVATE}|MAP_NORESERVE`).value;
    process.mprotect(at + 4096n, 4096, "PROT_READ");
    process.store(at);
    process.mprotect(at, 4096, "PROT_READ");
    return process.rawRegions().length;
  };
  expect([await regions("6.15"), await regions("6.16")]).toEqual([2, 1]);
});

test("mremap moves several regions since 6.17; before, it fails and the target is gone", async () => {
  const move = async (kernel: string) => {
    const process = await processOf(kernel);
    const from = process.mmap(0, 8192, BOTH, PRIVATE).value;
    process.mprotect(from, 4096, "PROT_READ");
    const to = process.mmap(from - 65536n, 8192, BOTH, PRIVATE).value;
    const { error } = process.mremap(from, 8192, 8192, "MREMAP_MAYMOVE|MREMAP_FIXED", to);
    return [error, process.rawRegions().map(({ start }) => start === to || start === to + 4096n)];
  };
  expect(await move("6.16")).toEqual(["EFAULT", [false, false]]);
  expect(await move("6.17")).toEqual([undefined, [true, true]]);
});
