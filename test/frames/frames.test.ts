import fc from "fast-check";
import { expect, test } from "vitest";
import { NONE } from "../../assembly/abi/core.js";
import { FRAME_PAGE } from "../../assembly/abi/machine.js";
import { caseCount } from "../build.js";
import { createStructures, type Structures, U64_MAX } from "../structures.js";

const RECORD_BYTES = 32;

/** A frame's fields. */
interface Frame {
  owner: bigint;
  slot: number;
  swapEntry: number;
  state: number;
  order: number;
  used: number;
  chain: number;
  content: number;
  mapped: number;
}

function write(structures: Structures, frames: number, pfn: number, frame: Frame): void {
  structures.setFrameOwner(frames, pfn, frame.owner);
  structures.setFrameSlot(frames, pfn, frame.slot);
  structures.setFrameSwapEntry(frames, pfn, frame.swapEntry);
  structures.setFrameState(frames, pfn, frame.state, frame.order);
  structures.setFrameUsed(frames, pfn, frame.used);
  structures.setFrameChain(frames, pfn, frame.chain);
  structures.setFrameContent(frames, pfn, frame.content);
  structures.setFrameMapped(frames, pfn, frame.mapped);
}

function read(structures: Structures, frames: number, pfn: number): Frame {
  return {
    owner: structures.frameOwner(frames, pfn),
    slot: structures.frameSlot(frames, pfn),
    swapEntry: structures.frameSwapEntry(frames, pfn),
    state: structures.frameState(frames, pfn),
    order: structures.frameOrder(frames, pfn),
    used: structures.frameUsed(frames, pfn),
    chain: structures.frameChain(frames, pfn),
    content: structures.frameContent(frames, pfn),
    mapped: structures.frameMapped(frames, pfn),
  };
}

const u32 = fc.nat(NONE);
const frame: fc.Arbitrary<Frame> = fc.record({
  owner: fc.bigInt({ min: 0n, max: U64_MAX }),
  slot: u32,
  swapEntry: u32,
  state: fc.nat(3),
  order: fc.nat(18),
  used: fc.nat(8192),
  chain: u32,
  content: u32,
  mapped: u32,
});

test("a frame stores each field, and does not change those of other frames", async () => {
  const changes = fc.array(fc.tuple(fc.nat(39), frame), { maxLength: 60, size: "max" });
  await fc.assert(
    fc.asyncProperty(changes, async (list) => {
      const structures = await createStructures();
      const frames = structures.createFrames(40, 26); // sections of 16 frames
      while (structures.growFrames(frames) > 0);
      const naive = new Map<number, Frame>();
      for (const [pfn, fields] of list) {
        write(structures, frames, pfn, fields);
        naive.set(pfn, fields);
      }
      for (const [pfn, fields] of naive) expect(read(structures, frames, pfn)).toEqual(fields);
      for (const [pfn, { state, order }] of naive) {
        structures.clearFrame(frames, pfn);
        const cleared = { owner: 0n, slot: NONE, swapEntry: 0, used: 0, chain: 0, content: 0, mapped: 0 };
        expect(read(structures, frames, pfn)).toEqual({ ...cleared, state, order });
      }
    }),
    { numRuns: caseCount(20) },
  );
});

test.each([
  [1000, 26, 16],
  [1000, 24, 64],
  [40_000, 16, 16_384],
  [600_000, 12, 262_144],
])(
  "%d frames of 2^%d bytes are allocated in sections of 1 GiB, %d frames each",
  async (limit, pageShift, section) => {
    const structures = await createStructures();
    const frames = structures.createFrames(limit, pageShift);
    const added: number[] = [];
    for (let n = structures.growFrames(frames); n > 0; n = structures.growFrames(frames)) added.push(n);
    const whole = Math.floor(limit / section);
    expect(added).toEqual([...Array(whole).fill(section), ...(limit % section > 0 ? [limit % section] : [])]);
    expect(structures.frameCount(frames)).toBe(limit);
    const heads = added.map((_, n) => structures.frameAt(frames, n * section));
    expect(new Set(heads).size).toBe(added.length);
    for (const pfn of [1, section - 1, section + 1, limit - 1]) {
      const head = heads[Math.floor(pfn / section)] as number;
      expect(structures.frameAt(frames, pfn)).toBe(head + (pfn % section) * RECORD_BYTES);
    }
  },
);

test("frames keep their records while memory grows", async () => {
  const structures = await createStructures();
  const frames = structures.createFrames(64, 26);
  structures.growFrames(frames);
  const fields: Frame = { ...read(structures, frames, 15), owner: 7n, state: FRAME_PAGE, mapped: 3 };
  write(structures, frames, 15, fields);
  const address = structures.frameAt(frames, 15);
  while (structures.growFrames(frames) > 0);
  expect(structures.frameAt(frames, 15)).toBe(address);
  expect(read(structures, frames, 15)).toEqual(fields);
});
