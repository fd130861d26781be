import { expect, test } from "vitest";
import { tunableParameters } from "#pagewalk/allocators/tunables.js";

test("GLIBC_TUNABLES sets the tunables that it names, in any base", () => {
  const text = "glibc.malloc.tcache_count=0x10:glibc.malloc.mmap_threshold=0200000:glibc.malloc.arena_max=2";
  expect([...tunableParameters({ GLIBC_TUNABLES: text })]).toEqual([
    ["tcache_count", 16],
    ["mmap_threshold", 65536],
    ["arena_max", 2],
  ]);
});

test("settings that glibc ignores are ignored", () => {
  const text = "glibc.malloc.arena_max=0:glibc.malloc.perturb=256:glibc.rtld.nns=3:glibc.malloc.colour=1:x";
  expect(tunableParameters({ GLIBC_TUNABLES: text }).size).toBe(0);
});

test("older variables set tunables, and GLIBC_TUNABLES overrides them", () => {
  const environment = {
    MALLOC_ARENA_MAX: "3",
    MALLOC_TOP_PAD_: "4096",
    GLIBC_TUNABLES: "glibc.malloc.arena_max=1",
  };
  expect(Object.fromEntries(tunableParameters(environment))).toEqual({ arena_max: 1, top_pad: 4096 });
});

test("a number beyond 2^64 becomes the largest, and the kernel gets the largest number of a double", () => {
  const text = `glibc.malloc.mmap_threshold=${10n ** 30n}`;
  expect(tunableParameters({ GLIBC_TUNABLES: text }).get("mmap_threshold")).toBe(Number.MAX_SAFE_INTEGER);
});
