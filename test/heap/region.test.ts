import { test } from "vitest";
import { expectSameAnswers } from "./against-naive.js";
import { NaiveRegion } from "./naive/region.js";

const VARIANTS = [
  ["region", { chunk: 65536, spare: 1 }],
  ["region:chunk=4096,spare=0", { chunk: 4096, spare: 0 }],
  ["region:chunk=8192,spare=3", { chunk: 8192, spare: 3 }],
] as const;

test.for(VARIANTS)("%s gives the addresses of a model in plain arrays", async ([name, parameters]) => {
  await expectSameAnswers(name, (system) => new NaiveRegion(system, parameters), 25);
});
