import { test } from "vitest";
import { expectSameAnswers } from "./against-naive.js";
import { NaiveTlsf } from "./naive/tlsf.js";

const VARIANTS = [
  ["tlsf", { sl: 5, growth: 65536, alignment: 16, system: "sbrk" }],
  ["tlsf:alignment=8,system=mmap", { sl: 5, growth: 65536, alignment: 8, system: "mmap" }],
  ["tlsf:sl=2,growth=4096", { sl: 2, growth: 4096, alignment: 16, system: "sbrk" }],
] as const;

test.for(VARIANTS)("%s gives the addresses of a model in plain arrays", async ([name, parameters]) => {
  await expectSameAnswers(name, (system) => new NaiveTlsf(system, parameters), 25);
});
