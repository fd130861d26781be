/** Logs whose every address is to be the model's. */
import { expect } from "vitest";
import { tunableParameters } from "#pagewalk/allocators/tunables.js";
import type { ReplayResult } from "./replay-log.js";

/** glibc with the processors and the tunables of a recording. */
export function glibc(cores: number, tunables: string): string {
  const parameters = [...tunableParameters({ GLIBC_TUNABLES: tunables })].map(
    ([key, value]) => `${key}=${value}`,
  );
  return `glibc:${[`cores=${cores}`, ...parameters].join(",")}`;
}

/** Every answer is the log's, none of it with the log's help. */
export function expectExact({ mismatched, firstMismatch, stopped, taken, heap }: ReplayResult): void {
  expect(firstMismatch).toBeUndefined();
  expect({ mismatched, stopped, taken, isValid: heap.isValid }).toEqual({
    mismatched: 0,
    stopped: undefined,
    taken: 0,
    isValid: true,
  });
}
