/** An error of a custom allocator is one line: the call, its line of the log, and the line of the file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AllocatorDefinition, type AllocatorMemory, InputError, System } from "#pagewalk/index.js";
import { isDebug } from "../../build.js";
import { logOf, plain, rowsOf } from "./run.js";

const LOG = logOf(
  "malloc(16) = 0x1000",
  "malloc(48) = 0x2000",
  "realloc(0x2000, 64) = 0x3000",
  "free(0x3000) = <void>",
);

async function faultOf(allocator: AllocatorDefinition | string, options = {}): Promise<string> {
  const error: unknown = await rowsOf(LOG, [allocator], options).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  return (error as InputError).message;
}

/** An allocator whose malloc of 48 bytes does that. */
const at48 = (work: (memory: AllocatorMemory, address: number) => unknown) =>
  plain((memory, malloc) => ({
    malloc(bytes: number) {
      const address = malloc(bytes);
      return bytes === 48 ? work(memory, address) : address;
    },
  }));

describe.skipIf(isDebug)("an invalid answer", () => {
  test.each<[string, (memory: AllocatorMemory, address: number) => unknown]>([
    ["returns undefined; return an address, 0 for NULL", () => undefined],
    ["returns the number NaN; return an address", () => Number.NaN],
    ["returns the number -1; return an address", () => -1],
    ["returns the number 0.5; return an address", () => 0.5],
    ['returns the string "0x1000"; return', () => "0x1000"],
    ["returns the bigint 4096; return", () => 4096n],
    ["returns a promise", () => Promise.resolve(4096)],
    ["returns 0x11, which is not a multiple of 8; align blocks", () => 0x11],
    ["returns 0x10, where the process has no memory mapped; get some", () => 0x10],
    [
      "returns 0x555555561000, which overlaps the block at 0x555555561000; return memory outside of every block",
      (_, address) => address - 16,
    ],
    ["where the process has no memory mapped", (memory) => memory.brk - 16],
  ])("%s", async (says, work) => {
    const message = await faultOf(at48(work));
    expect(message).toMatch(/^allocator plain: malloc\(48\) at t\.log:2 returns /);
    expect(message).toMatch(/; checkAllocator looks for a short counterexample$/);
    expect(message.replace(/0x5{6,}\w+/g, "0x555555561000")).toContain(says);
  });

  test("of usableSize, footprint and chunks", async () => {
    expect(await faultOf(plain(() => ({ usableSize: () => -8 })))).toContain(
      "usableSize at t.log:1 returns the number -8; return a number of bytes",
    );
    expect(
      await faultOf(
        plain(() => ({ footprint: () => undefined })),
        { costs: true },
      ),
    ).toContain("footprint at t.log:1 returns undefined; return a number of bytes");
    const chunk = { address: 4096, bytes: 16, state: "busy" };
    expect(
      await faultOf(
        plain(() => ({ chunks: () => [chunk] })),
        { map: true },
      ),
    ).toContain('chunks at t.log:4 returns {"address":4096,"bytes":16,"state":"busy"}; give chunks');
  });
});

describe.skipIf(isDebug)("an invalid use of memory", () => {
  test.each<[string, (memory: AllocatorMemory, address: number) => unknown]>([
    [
      "writes 8 bytes at NaN; an address is a whole number from 0 on",
      (memory) => memory.write64(Number.NaN, 1),
    ],
    ["reads 4 bytes at undefined; an", (memory) => memory.read32(undefined as unknown as number)],
    ["reads 8 bytes at 0x14; keep them at multiples of 8", (memory) => memory.read64(0x14)],
    ["the word of write64 is -1; give a whole number", (memory, at) => memory.write64(at, -1)],
    [
      "the word of writeBig64 is the number 1; give",
      (memory, at) => memory.writeBig64(at, 1 as unknown as bigint),
    ],
    ["stores 1.5; give a whole number", (memory, at) => memory.write8(at, 1.5)],
    ["the increment of sbrk is NaN; give", (memory) => memory.sbrk(Number.NaN)],
    ["the size of mmap is -4096; give", (memory) => memory.mmap(-4096)],
    ["which overlap; copy them in parts", (memory, at) => memory.copy(at + 8, at, 16)],
    [
      "that is beyond 2^53 - 1; read it by readBig64",
      (memory, at) => {
        memory.writeBig64(at, 2n ** 53n);
        return memory.read64(at);
      },
    ],
  ])("%s", async (says, work) => {
    const message = await faultOf(
      at48((memory, address) => {
        try {
          work(memory, address);
        } catch {
          // The error is reported even so.
        }
        return address;
      }),
    );
    expect(message).toMatch(/^allocator plain: malloc\(48\) at t\.log:2 /);
    expect(message).toContain(says);
  });
});

describe.skipIf(isDebug)("an invalid result of create", () => {
  const make = (create: unknown) => ({ name: "x", create }) as AllocatorDefinition;
  test.each<[string, AllocatorDefinition]>([
    ["create returns undefined; return an object with malloc and free", make(() => undefined)],
    ["the function free is missing; give a function", make(() => ({ malloc() {} }))],
    ["the function malloc is missing; give a function", make(() => ({ free() {} }))],
    ["the function malloc is an async function", make(() => ({ async malloc() {}, free() {} }))],
    ["the function realloc is the number 3", make(() => ({ malloc() {}, free() {}, realloc: 3 }))],
    [
      "create throws Error: no",
      make(() => {
        throw new Error("no");
      }),
    ],
    ["create reads 8 bytes at 0x8; correct this access", make((memory: AllocatorMemory) => memory.read64(8))],
    ["the allocator's create cannot be the number 3", make(3)],
  ])("%s", async (says, definition) => {
    expect(await faultOf(definition)).toContain(says);
  });
});

describe.skipIf(isDebug)("a file", () => {
  let folder: string;
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-own-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("that throws is reported with its line and the log's", async () => {
    const path = file(
      "throws.mjs",
      `export default { name: "t", create: () => ({\n  malloc: () => heap.next,\n  free() {},\n}) };`,
    );
    expect(await faultOf(path)).toBe(
      `${path}:2: malloc(16) at t.log:1 throws ReferenceError: heap is not defined; correct it; "pagewalk allocator check ${path}" looks for a short counterexample`,
    );
  });

  test("that misuses memory is reported with its line", async () => {
    const path = file(
      "misuses.mjs",
      `export const allocator = { name: "t", create: (memory) => ({\n  malloc: () => memory.sbrk(64),\n  free(address) {\n    memory.write32(address + 1, 0);\n  },\n}) };`,
    );
    expect(await faultOf(path)).toMatch(
      /misuses\.mjs:4: realloc\(0x\w+, 64\) at t\.log:3 writes 4 bytes at 0x\w+1; keep/,
    );
  });

  test("that ends its process by a signal has its line in the row", async () => {
    const path = file(
      "ends.mjs",
      `export default { name: "t", create: (memory) => ({\n  malloc(bytes) {\n    return memory.read64(bytes * 8);\n  },\n  free() {},\n}) };`,
    );
    const [row] = await rowsOf(LOG, [path]);
    expect(row?.stopped).toMatchObject({ line: 1, message: `${path}:3: reads 8 bytes at 0x80` });
  });

  test.each([
    ["that exports a policy", "other.mjs", "export const policy = {};", "exports policy, and no allocator"],
    ["that exports nothing", "none.mjs", "", "exports nothing; export one as default"],
  ])("%s is refused", async (_, name, text, says) => {
    expect(await faultOf(file(name, text))).toContain(says);
  });
});

test("a system refuses custom allocators by name", async () => {
  await expect(System.create({ allocator: "./mine.js" })).rejects.toThrow(
    /^allocator: the custom allocator "\.\/mine\.js" runs outside of the kernel, .*; use it with heap$/,
  );
});
