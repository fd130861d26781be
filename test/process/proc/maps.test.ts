import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { InputError, mapsText, System } from "#pagewalk/index.js";
import { installMaps, parseMaps } from "#pagewalk/process/proc/maps.js";
import { isDebug } from "../../build.js";

/** Lines of `cat /proc/self/maps`, without the middle. */
const CAT = `555555554000-555555556000 r--p 00000000 fe:00 260131                     /usr/bin/cat
555555556000-55555555b000 r-xp 00002000 fe:00 260131                     /usr/bin/cat
55555555f000-555555560000 rw-p 0000a000 fe:00 260131                     /usr/bin/cat
555555560000-555555581000 rw-p 00000000 00:00 0                          [heap]
7ffff7d50000-7ffff7d72000 rw-p 00000000 00:00 0 
7ffff7fb8000-7ffff7fbf000 r--s 00000000 fe:00 338846                     /usr/lib/a file (deleted)
7ffff7fc2000-7ffff7fc6000 r--p 00000000 00:00 0                          [vvar]
7ffff7fc8000-7ffff7fca000 r-xp 00000000 00:00 0                          [vdso]
7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`;

const parsed = (text: string) => parseMaps(text, "maps", 4096n);

describe("a maps file", () => {
  let system: System;
  beforeAll(async () => {
    system = await System.create();
  });

  test("is read region by region", () => {
    const regions = parsed(CAT);
    expect(regions).toHaveLength(10);
    expect(regions[5]).toEqual({
      start: 0x7ffff7fb8000n,
      end: 0x7ffff7fbf000n,
      permissions: "r--s",
      offset: 0n,
      identity: "fe:00 338846",
      name: "/usr/lib/a file (deleted)",
      line: 6,
    });
  });

  test("is written as it was read, except for fields that a process does not have", () => {
    const process = system.start();
    installMaps(process, parsed(CAT), "maps");
    const identities = new Map(parsed(CAT).map(({ name, identity }) => [name, identity]));
    expect(mapsText(process.regions(), (path) => (path === "" ? undefined : identities.get(path)))).toBe(CAT);
    expect(system.isValid()).toBe(true);
  });

  test("gives the heap and the stack", () => {
    const process = system.start();
    installMaps(process, parsed(CAT), "maps");
    expect(process.brk().value).toBe(0x555555581000n);
    expect(process.brk(0x555555590000n).value).toBe(0x555555590000n);
    expect(process.alloca(1 << 20).signal).toBeUndefined();
    expect(process.regions().find(({ name }) => name === "[stack]")?.start).toBeLessThan(0x7ffffff00000n);
  });

  test("takes the base of mappings from the highest mapping, if the stack was randomised", () => {
    const random = CAT.replace("7ffffffde000-7ffffffff000", "7ffff8ab1000-7ffff8ad2000");
    const placed = (maps: string) => {
      const process = system.start();
      installMaps(process, parsed(maps), "maps");
      return process.mmap(0, 4096, "PROT_READ", "MAP_PRIVATE|MAP_ANONYMOUS").value.toString(16);
    };
    expect([placed(CAT), placed(random)]).toEqual(["7ffff7ffe000", "7ffff7fc7000"]);
  });

  test("starts the heap behind the program if there is none yet", () => {
    const process = system.start();
    installMaps(process, parsed(CAT.replace(/.*heap.*\n/, "")), "maps");
    expect(process.brk().value).toBe(0x555555560000n);
  });

  test("may be smaps: only its regions are read", () => {
    const smaps = CAT.replaceAll(/$/gm, "\nSize: 8 kB\nKernelPageSize:        4 kB\nVmFlags: rd mr mw me ");
    expect(parsed(smaps).map(({ start }) => start)).toEqual(parsed(CAT).map(({ start }) => start));
  });

  test.each([
    ["text that is none", "hello\n", /^maps:1: this is not a line of a maps file; /],
    ["a line cut off", `${CAT}7fff`, /^maps:11: this is not a line/],
    ["an end before its start", "2000-1000 r--p 0 00:00 0\n", /^maps:1: the region ends before it starts; /],
    ["an empty region", "1000-1000 r--p 0 00:00 0\n", /^maps:1: the region ends before it starts; /],
    [
      "an overlap",
      "1000-3000 r--p 0 00:00 0\n2000-4000 r--p 0 00:00 0\n",
      /^maps:2: .* overlaps that of line 1/,
    ],
    ["disorder", "3000-4000 r--p 0 00:00 0\n1000-2000 r--p 0 00:00 0\n", /^maps:2: .* or is out of order; /],
    [
      "an odd address",
      "1001-2000 r--p 0 00:00 0\n",
      /^maps:1: the region is not aligned to pages of 4096 bytes; /,
    ],
    ["an odd offset", "1000-2000 r--p 00000001 00:00 0\n", /^maps:1: the region is not aligned/],
    ["unknown permissions", "1000-2000 q--p 0 00:00 0\n", /^maps:1: this is not a line/],
    ["bytes", "\u0000\u0001\u007f", /^maps:1: this is not a line/],
    ["an address of 80 bits", "10000000000000000000-20000000000000000000 r--p 0 00:00 0\n", /^maps:1: /],
  ])("%s is reported with its line", (_, text, says) => {
    expect(() => parsed(text)).toThrow(InputError);
    expect(() => parsed(text)).toThrow(says);
  });

  test("of another architecture is refused for addresses that are too large", async () => {
    const small = await System.create({ arch: "i386" });
    const process = small.start();
    expect(() => installMaps(process, parsed("bffff000-c0001000 rw-p 0 00:00 0 [stack]"), "maps")).toThrow(
      /^maps:1: the region lies beyond the addresses of i386; name the architecture it is from with arch$/,
    );
  });

  test("with any changes gives regions or a one-line error with its line", () => {
    const put = fc.oneof(
      fc.string({ maxLength: 4, unit: "binary" }),
      fc.constantFrom("0", "f", "-", " ", "\n", "ffff", "000"),
    );
    const mutated = fc
      .tuple(fc.nat(CAT.length), fc.nat(20), put)
      .map(([at, gone, text]) => CAT.slice(0, at) + text + CAT.slice(at + gone));
    const rounds = isDebug ? 50 : 300;
    fc.assert(
      fc.property(mutated, (text) => {
        const process = system.start();
        try {
          installMaps(process, parsed(text), "maps");
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          expect((error as Error).message).toMatch(/^maps:\d+: [^\n]+; [^\n]+$/);
        } finally {
          process.exit();
          system.processes.delete(process.pid);
        }
      }),
      { numRuns: rounds },
    );
    expect(system.isValid()).toBe(true);
  });
});
