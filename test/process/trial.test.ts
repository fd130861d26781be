/** Calls in a trial, compared with the same calls made for real. */

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Process } from "#pagewalk/process/process.js";
import { System, type SystemState } from "#pagewalk/process/system.js";
import type { PlacingName } from "#pagewalk/process/trial.js";
import { caseCount } from "../build.js";

const PAGE = 4096n;
const MAYMOVE = 1n;
const RW = 3n;
const PRIVATE = 0x22n;
const FIXED = 0x10n;

/** An operation, and the index of its mapping. */
interface Step {
  readonly kind: "map" | "hint" | "fix" | "low" | "unmap" | "half" | "grow";
  readonly which: number;
  readonly pages: number;
}

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom<Step["kind"][]>("map", "map", "hint", "fix", "low", "unmap", "half", "grow"),
    which: fc.nat(20),
    pages: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constantFrom(512, 1024, 700)),
  }),
  { maxLength: 40 },
);

interface Mapping {
  start: bigint;
  bytes: bigint;
}

/** Performs the steps by `run`, which makes calls. Returns their answers. */
function play(
  sequence: readonly Step[],
  run: (name: PlacingName, args: readonly bigint[]) => bigint | undefined,
): (bigint | undefined)[] {
  const mappings: Mapping[] = [];
  return sequence.map(({ kind, which, pages }) => {
    const bytes = BigInt(pages) * PAGE;
    const at = which % Math.max(1, mappings.length);
    const one = mappings[at];
    const map = (hint: bigint, flags: bigint) => {
      const start = run("mmap", [hint, bytes, RW, flags, 0n, 0n]);
      if (start !== undefined) mappings.push({ start, bytes });
      return start;
    };
    if (kind === "map" || one === undefined) return map(0n, PRIVATE);
    if (kind === "low") return map(0n, PRIVATE | 0x40n);
    if (kind === "hint") return map(one.start - bytes, PRIVATE);
    if (kind === "fix") {
      mappings.splice(at, 1);
      return map(one.start, PRIVATE | FIXED);
    }
    mappings.splice(at, 1);
    if (kind === "unmap") return run("munmap", [one.start, one.bytes]);
    if (kind === "half") {
      const half = (one.bytes / PAGE / 2n) * PAGE;
      if (half > 0n) mappings.push({ start: one.start, bytes: half });
      return run("munmap", [one.start + half, one.bytes - half]);
    }
    const start = run("mremap", [one.start, one.bytes, bytes, MAYMOVE]);
    mappings.push(start === undefined ? one : { start, bytes });
    return start;
  });
}

describe("calls in a trial", () => {
  let system: System;
  let process: Process;
  let fresh: SystemState;

  beforeAll(async () => {
    system = await System.create();
    process = system.start();
    process.mmap(0, 40960, "PROT_READ", "MAP_PRIVATE|MAP_ANONYMOUS|MAP_GROWSDOWN");
    fresh = system.checkpoint();
  });

  const made = (name: PlacingName, args: readonly bigint[]) => {
    const { value, error } = process.call(name, args);
    return error === undefined ? value : undefined;
  };

  test("give the results of real calls, and change nothing", () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        system.restore(fresh);
        const before = process.rawRegions();
        const trial = process.trial();
        const tried = play(sequence, (name, args) => trial.run(name, args));
        expect(process.rawRegions()).toEqual(before);
        expect(system.isValid()).toBe(true);
        expect(tried).toEqual(play(sequence, made));
      }),
      { numRuns: caseCount(300), seed: 1993 },
    );
  });

  test("can be undone", () => {
    fc.assert(
      fc.property(steps, steps, (sequence, others) => {
        const trial = process.trial();
        const start = trial.mark();
        const first = play(sequence, (name, args) => trial.run(name, args));
        const middle = trial.mark();
        play(others, (name, args) => trial.run(name, args));
        trial.undo(middle);
        play(others, (name, args) => trial.run(name, args));
        trial.undo(start);
        expect(play(sequence, (name, args) => trial.run(name, args))).toEqual(first);
      }),
      { numRuns: caseCount(300), seed: 2017 },
    );
  });
});
