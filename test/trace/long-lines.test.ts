/**
 * Lines of traces that are longer than what is looked at, of pieces that a search with backtracking would scan from each
 * of its positions: the format is found, or refused, in time linear in their length. The test would exceed its time
 * limit.
 */
import { expect, test } from "vitest";
import { PagewalkError } from "#pagewalk/errors.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { bytesOf, readTrace } from "./records.js";

const LENGTH = 300_000;
const run = (piece: string) => piece.repeat(LENGTH / piece.length);

const LINES: Readonly<Record<string, string>> = {
  "brackets in a header": `page,size ${run("(")}`,
  "quotation marks": `page,${run('"')}`,
  "quotation marks behind commas": `page${run(', "')}`,
  commas: `page,size${run(",")}`,
  "blanks before a comment": `${run(" ")}#`,
  "blanks behind a reference": ` L 1000,8${run(" ")}x`,
  "blanks between columns": `1 1${run(" ")}x`,
  "digits and blanks": `1 ${run("1 ")}: W0.T1`,
  "a number": run("1"),
};

test.each(Object.entries(LINES))("a line of %s is read or refused", async (_, line) => {
  for (const text of [`${line}\n1,2\n2,3\n`, `page,size\n1,2\n${line}\n`]) {
    for (const options of [{}, { format: "csv" }]) {
      const outcome = await openTrace(bytesOf(text), { name: "T", ...options })
        .then(readTrace)
        .catch((error: unknown) => error);
      if (outcome instanceof Error) {
        expect(outcome).toBeInstanceOf(PagewalkError);
        expect(outcome.message.length).toBeLessThan(1000);
      } else {
        expect(outcome).toHaveLength(2);
      }
    }
  }
});
