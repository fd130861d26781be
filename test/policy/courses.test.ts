/** Numbers that courses publish for their traces of `address R|W` lines, with R set when a page is loaded. */
import { expect, test } from "vitest";
import { compare } from "#pagewalk/compare/compare.js";
import { openTrace } from "#pagewalk/trace/open.js";

/** Twelve accesses in the form of the course's traces: pages 0 1 2 3 2 4 3 3 0 1 5 2. */
const ACCESSES =
  "00000000 W,00001000 R,00002000 R,00003000 R,00002000 W,00004000 R,00003008 R,00003008 W,00000004 R,00001004 R,00005008 R,00002004 R";

/** A circular list of frames: the hand clears R until it finds a page without it. */
function clock(lines: readonly string[], frames: number) {
  const slots: { page: string; isReferenced: boolean; isDirty: boolean }[] = [];
  let [hand, misses, writebacks] = [0, 0, 0];
  for (const line of lines) {
    const page = line.slice(0, 5);
    let slot = slots.find((one) => one.page === page);
    if (slot === undefined) {
      misses++;
      slot = { page, isReferenced: true, isDirty: false };
      if (slots.length < frames) slots.push(slot);
      else {
        for (let one = slots[hand]; one?.isReferenced; one = slots[hand]) {
          one.isReferenced = false;
          hand = (hand + 1) % frames;
        }
        if (slots[hand]?.isDirty) writebacks++;
        slots[hand] = slot;
        hand = (hand + 1) % frames;
      }
    }
    slot.isReferenced = true;
    slot.isDirty ||= line.endsWith("W");
  }
  return { misses, writebacks };
}

test("clock: 9 reads and 3 writes of the disk with 4 frames, as a course publishes and a plain list counts", async () => {
  const lines = ACCESSES.split(",");
  const trace = await openTrace(new TextEncoder().encode(`${lines.join("\n")}\n`), { name: "T" });
  expect(trace.format).toBe("address");
  const { results } = await compare(trace, { policies: "clock:referenced=1", frames: "2,3,4,5" });
  for (const { frames, misses, writebacks } of results)
    expect({ frames, misses, writebacks }).toEqual({ frames, ...clock(lines, frames) });
  expect(results[2]).toMatchObject({ frames: 4, misses: 9, writebacks: 3 });
});
