/** Claims about files as the library opens and changes them: open(2), ftruncate(2), pwrite(2). */
import { expect, test } from "vitest";
import { at, mapFile, regionAt, systemOf } from "./memory.js";

const RW = "PROT_READ|PROT_WRITE";

test("mmap checks the mode of the file; a path alone is open for reading and writing", async () => {
  const system = await systemOf(64);
  const process = system.start();
  const map = (file: Parameters<typeof process.mmap>[4], protection = RW) =>
    process.mmap(0, 4096, protection, "MAP_SHARED", file).error;
  expect(map("/data")).toBeUndefined();
  expect(map(system.open("/data"))).toBeUndefined();
  expect(map(system.open("/data", "O_RDONLY"))).toBe("EACCES");
  expect(map(system.open("/data", "O_RDONLY"), "PROT_READ")).toBeUndefined();
  expect(map(system.open("/data", "O_WRONLY"))).toBe("EACCES");
  expect(map(undefined)).toBe("EBADF");
});

test("invalid flags of open are refused", async () => {
  const system = await systemOf(64);
  expect(() => system.open("/data", "rw" as "O_RDWR")).toThrow(
    '"rw" does not say how to open a file; give one of O_RDONLY, O_WRONLY, O_RDWR',
  );
});

test("a step back restores a file's length, and the pages behind its end", async () => {
  const system = await systemOf(64, { history: 10 });
  const process = system.start();
  const address = mapFile(process, "/data", 4, "MAP_PRIVATE");
  process.handle("SIGBUS");
  process.store(at(address, 3));
  system.resizeFile("/data", 4096n);
  expect(regionAt(process, address).rssBytes).toBe(0);
  expect(process.load(at(address, 3)).signal?.code).toBe("BUS_ADRERR");
  for (const _ of ["the load", "the new length"]) system.stepBack();
  expect(regionAt(process, address).rssBytes).toBe(4096);
  expect(process.load(at(address, 3)).signal).toBeUndefined();
});

test("shared memory written by a call takes frames, and kills the process if there are none", async () => {
  const system = await systemOf(64, { swap: 0 });
  const process = system.start();
  const before = system.frames.used;
  process.writeFile("/dev/shm/data", 100, 3 * 4096);
  expect(system.frames.used - before).toBe(4);
  process.writeFile("/dev/shm/data", 0, 100 * 4096);
  expect(process.isAlive).toBe(false);
  expect(system.isValid()).toBe(true);
});

test("a call reads at most 0x7ffff000 bytes, with any recorded result", async () => {
  const system = await systemOf(64);
  const process = system.start();
  mapFile(process, "/data", 2, "MAP_SHARED");
  system.resizeFile("/data", 2n ** 52n);
  system.files.read("/data", 0n, 2n ** 63n - 1n);
  expect(system.defect()).toBeUndefined();
  expect(process.isAlive).toBe(true);
});
