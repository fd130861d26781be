/** A program's log and what glibc has written of its heap, against what the model writes. */
import { expect } from "vitest";
import { type RunOptions, runLog } from "#pagewalk/index.js";

interface Recording {
  readonly log: string;
  readonly maps: string;
  /** The output of malloc_stats and malloc_info. */
  readonly info: string;
}

export async function verified({ log, maps }: Recording, options: RunOptions = {}) {
  const result = await runLog(new TextEncoder().encode(log), { name: "log", maps, verify: true, ...options });
  return { ...result, text: result.written.map(({ text }) => text).join("") };
}

export async function expectFigures(recording: Recording): Promise<void> {
  const { mismatched, firstMismatch, stopped, skipped, text } = await verified(recording);
  expect({ mismatched, firstMismatch, stopped, skipped }).toEqual({
    mismatched: 0,
    firstMismatch: undefined,
    stopped: undefined,
    skipped: {},
  });
  expect(text).toBe(recording.info);
}
