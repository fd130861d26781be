/** `allocator check FILE` */
import type { Command } from "commander";
import { type AllocatorVerdict, judgeAllocator } from "../heap/own/check.js";
import { ALLOCATOR } from "../heap/own/definition.js";
import { defineCheck } from "./own-check.js";

const DETAILS = `
The file is a JavaScript module that exports an allocator; docs/own-allocator.md
explains how to write one. Each claim is tested on random programs. If one does
not hold, a short program is printed and the exit status is 1.

Examples:
  pagewalk allocator check ./mine.js
  pagewalk allocator check ./mine.js:growth=4096 --trials 1000`;

export function define(command: Command): void {
  defineCheck<AllocatorVerdict>(command, {
    kind: ALLOCATOR,
    example: "./mine.js:growth=4096",
    trials: "number of random programs for each claim (default: 60)",
    details: DETAILS,
    judge: judgeAllocator,
    text: async (...shown) => (await import("../report/own-check.js")).allocatorCheckText(...shown),
    json: ({ allocator, claims }) => ({
      allocator,
      claims: claims.map(({ claim, fault }) =>
        fault === undefined ? { claim, holds: true } : { ...fault, holds: false },
      ),
    }),
  });
}
