/** Every allocator: a child of fork and its parent go on as if there had been no other. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { allocators } from "#pagewalk/allocators/allocators.js";
import { type Process, spawn } from "#pagewalk/index.js";

/** Allocates so many bytes, resizes or frees one of the blocks in use. */
type Step = readonly [kind: "malloc" | "realloc" | "free", which: number, bytes: number];

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom("malloc", "malloc", "realloc", "free", "free"),
  fc.nat(1000),
  fc.oneof(fc.nat(100), fc.nat(3000), fc.nat(300_000)),
);
const steps = fc.array(step, { minLength: 1, maxLength: 40 });

/** Makes the calls; what they answered. `blocks`: those in use. */
function run(process: Process, calls: readonly Step[], blocks: bigint[]): bigint[] {
  return calls.map(([kind, which, bytes]) => {
    const at = which % Math.max(blocks.length, 1);
    const block = blocks[at] ?? 0n;
    if (kind === "free") {
      blocks.splice(at, 1);
      return process.free(block).value;
    }
    const { value } = kind === "malloc" ? process.malloc(bytes) : process.realloc(block, bytes + 1);
    if (kind === "realloc") blocks.splice(at, 1);
    blocks.push(value);
    return value;
  });
}

const names = (await allocators()).map(({ name }) => name);

test.each(names)(
  "%s",
  async (allocator) => {
    await fc.assert(
      fc.asyncProperty(steps, steps, steps, async (before, ofChild, ofParent) => {
        const alone = async (after: readonly Step[]) => {
          const process = await spawn({ allocator });
          const blocks: bigint[] = [];
          run(process, before, blocks);
          return run(process, after, blocks);
        };
        const parent = await spawn({ allocator });
        const blocks: bigint[] = [];
        run(parent, before, blocks);
        const child = parent.fork();
        if (!("pid" in child)) throw new Error("no child");
        const [one, two] = [Math.ceil(ofParent.length / 2), ofParent.length];
        const parentBlocks = [...blocks];
        const first = run(parent, ofParent.slice(0, one), parentBlocks);
        expect(run(child, ofChild, blocks)).toEqual(await alone(ofChild));
        child.exit();
        expect([...first, ...run(parent, ofParent.slice(one, two), parentBlocks)]).toEqual(
          await alone(ofParent),
        );
        expect(parent.library.isValid).toBe(true);
      }),
      { numRuns: 8 },
    );
  },
  60_000,
);
