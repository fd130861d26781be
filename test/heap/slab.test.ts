import { test } from "vitest";
import { expectSameAnswers } from "./against-naive.js";
import { NaiveSlab, type SlabParameters } from "./naive/slab.js";

const USUAL = { steps: 4, color: 16, empty: 1, waste: 0.125, largest: 8192, arena: 1 << 20 };
const VARIANTS: readonly [string, SlabParameters][] = [
  ["slab", USUAL],
  ["slab:steps=1,color=0,empty=0,arena=262144", { ...USUAL, steps: 1, color: 0, empty: 0, arena: 1 << 18 }],
  ["slab:steps=8,color=60,empty=3,waste=0.02", { ...USUAL, steps: 8, color: 60, empty: 3, waste: 0.02 }],
  ["slab:largest=256,arena=524288", { ...USUAL, largest: 256, arena: 1 << 19 }],
  ["slab:largest=131072", { ...USUAL, largest: 131072 }],
];

test.for(VARIANTS)("%s gives the addresses of a model in plain arrays", async ([name, parameters]) => {
  await expectSameAnswers(name, (system) => new NaiveSlab(system, parameters), 25);
});
