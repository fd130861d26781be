/** `checkAllocator` on correct allocators, and on allocators with one fault each. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type AllocatorDefinition, type AllocatorSpec, checkAllocator, UsageError } from "#pagewalk/index.js";
import bump from "../../../examples/custom-allocator/bump.js";
import firstFit from "../../../examples/custom-allocator/first-fit.js";
import mine from "../../../examples/custom-allocator/mine.js";
import { isDebug } from "../../build.js";
import { example, plain } from "./run.js";

test.skipIf(isDebug).each<[string, AllocatorSpec]>([
  ["bump.js", bump],
  ["first-fit.js", firstFit],
  ["mine.js", example("mine.js")],
  ["mine.js:largest=64", { allocator: mine, parameters: { largest: 64 } }],
])("the example %s meets every claim", async (_, allocator) => {
  expect(await checkAllocator(allocator, { trials: 3 })).toEqual([]);
});

test.skipIf(isDebug)("the first example of the documentation meets every claim", async () => {
  const text = readFileSync(new URL("../../../docs/custom-allocator.md", import.meta.url), "utf8");
  const [, code = ""] = /^```js\n(.*?)^```/ms.exec(text) ?? [];
  const { default: documented } = await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`
  );
  expect(documented.name).toBe("one-size");
  expect(await checkAllocator(documented, { trials: 3 })).toEqual([]);
});

/** The first fault. */
async function faultOf(allocator: AllocatorDefinition, trials = 6) {
  const [fault] = await checkAllocator(allocator, { trials });
  return fault;
}

describe.skipIf(isDebug)("checkAllocator reports, with a short case,", () => {
  test("a realloc that copies too little", async () => {
    const fault = await faultOf(
      plain((memory, malloc) => ({
        realloc(address: number, bytes: number) {
          const moved = malloc(bytes);
          memory.copy(moved, address, Math.min(bytes, 8));
          return moved;
        },
      })),
    );
    expect(fault).toEqual({
      claim: "does not change the contents of blocks",
      problem: "b1 = realloc(b1, 9): byte 8 of the block is not what it was before",
      place: undefined,
      calls: [
        { call: "malloc", block: 1, bytes: 9 },
        { call: "realloc", block: 1, bytes: 9 },
      ],
    });
  });

  test("a free list inside a block in use", async () => {
    const wrong: AllocatorDefinition = {
      name: "wrong",
      create(memory) {
        let [next, end, head] = [0, 0, 0];
        return {
          malloc(bytes) {
            if (head !== 0 && bytes <= 16) {
              const block = head;
              head = memory.read64(block);
              return block;
            }
            const size = Math.max(16, Math.ceil(bytes / 16) * 16);
            while (next + size > end) {
              const at = memory.sbrk(Math.max(65536, size));
              if (at === 0) return 0;
              if (at !== end) next = at;
              end = at + Math.max(65536, size);
            }
            next += size;
            return next - size;
          },
          free(address) {
            memory.write64(address, head);
            memory.write64(address + 16, 0); // behind a block of 16 bytes
            head = address;
          },
        };
      },
    };
    const fault = await faultOf(wrong);
    expect(fault?.claim).toBe("does not change the contents of blocks");
    expect(fault?.problem).toMatch(/byte \d+ of (b\d|the block) is not what/);
    expect(fault?.calls.length).toBeLessThan(5);
  });

  test("a NULL that is not handled, and the call that throws", async () => {
    const fault = await faultOf(
      plain((_, malloc) => ({
        malloc(bytes: number) {
          if (bytes > 2 ** 40) throw new Error("too much");
          return malloc(bytes);
        },
      })),
    );
    expect(fault).toMatchObject({
      claim: "returns NULL if there is no memory, and continues to work",
      problem: "malloc(1125899906842624) throws Error: too much",
    });
  });

  test("unseeded randomness", async () => {
    const fault = await faultOf(
      plain((_, malloc) => ({
        malloc(bytes: number) {
          if (Math.random() < 0.5) malloc(16);
          return malloc(bytes);
        },
      })),
    );
    expect(fault?.claim).toBe("gives the same results when run again");
  });

  test("state outside of create", async () => {
    let next = 0;
    const fault = await faultOf({
      name: "shared",
      create(memory) {
        next = memory.sbrk(1 << 22);
        return {
          malloc(bytes) {
            const size = Math.max(16, Math.ceil(bytes / 16) * 16);
            if (size > 1 << 20) return 0;
            next += size;
            return next - size;
          },
          free() {},
        };
      },
    });
    expect(fault?.claim).toBe("keeps interleaved processes apart");
  });

  test("an allocator that never returns", async () => {
    const fault = await faultOf(
      plain(() => ({
        free() {
          for (;;);
        },
      })),
      200,
    );
    expect(fault).toMatchObject({
      claim: "serves every call, and returns memory that the program can write",
      problem: "does not return within 1 s",
    });
  });
});

test("options out of range are refused", async () => {
  await expect(checkAllocator(plain(), { trials: 0 })).rejects.toThrow(UsageError);
  await expect(checkAllocator(plain(), { seed: -1 })).rejects.toThrow("checkAllocator: seed cannot be -1");
});
