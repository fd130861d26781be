import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare } from "#pagewalk/compare/compare.js";
import { compareSteps } from "#pagewalk/compare/steps.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { bytesOf, inPieces, LOAD, readAll, readPlaces } from "./records.js";

const options = { format: "references", name: "T" };

test("Belady's string has 9 misses in 3 frames and 10 in 4", async () => {
  const trace = await openTrace(bytesOf("1 2 3 4 1 2 5 1 2 3 4 5\n"));
  const { results } = await compare(trace, { policies: "fifo", frames: "3,4" });
  expect(results.map(({ requests, misses }) => [requests, misses])).toEqual([
    [12, 9],
    [12, 10],
  ]);
});

/** A name's bytes, the first lowest, below a byte of ones. */
function pageOf(word: string): bigint {
  if (/^\d/.test(word)) return BigInt(word);
  const bytes = [...word.padEnd(7, "\0")].map((letter) => letter.charCodeAt(0).toString(16).padStart(2, "0"));
  return BigInt(`0xff${bytes.reverse().join("")}`);
}

test("every number and name is read, with its line, for any division into chunks", async () => {
  const number = fc.oneof(
    fc.nat(99).map(String),
    fc.stringMatching(/^[A-Za-z]\w{0,6}$/),
    fc.bigInt({ min: 0n, max: 0xffn * 2n ** 56n - 1n }).map((n) => `0x${n.toString(16)}`),
  );
  const gap = fc.constantFrom(" ", ", ", "\t", "\n", "\r\n", ",\n\n", " # 7 8\n");
  const cuts = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(number, gap), { minLength: 1, maxLength: 60 }),
      cuts,
      async (tokens, lengths) => {
        const text = tokens.flat().join("");
        const wanted = text.split("\n").flatMap((line, index) =>
          line
            .replace(/#.*/, "")
            .split(/[\s,]+/)
            .filter((word) => word !== "")
            .map((word) => ({
              record: { kind: LOAD, address: pageOf(word), size: 0 },
              place: `T:${index + 1}`,
            })),
        );
        expect(await readPlaces(await openTrace(inPieces(bytesOf(text), lengths), options))).toEqual(wanted);
      },
    ),
  );
});

test("a line longer than a batch is read, and keeps its number", async () => {
  const text = `1\n${"2 ".repeat(100_000)}\n3`;
  const got = await readPlaces(await openTrace(bytesOf(text), options));
  expect(got).toHaveLength(100_002);
  expect(got.slice(-2).map(({ place }) => place)).toEqual(["T:2", "T:3"]);
});

test("letters are pages, and steps show them", async () => {
  const trace = await openTrace(bytesOf("A B C A D B E A B C D E\n"));
  expect(trace).toMatchObject({ format: "references", detectedBy: "content" });
  const { results } = await compareSteps(trace, { policies: "fifo", frames: "3" });
  expect(results[0]).toMatchObject({ requests: 12, misses: 10 });
  expect(results[0]?.steps?.slice(0, 5)).toMatchObject([
    { page: "A", frames: ["A", null, null], victim: null },
    { page: "B", frames: ["A", "B", null], victim: null },
    { page: "C", frames: ["A", "B", "C"], victim: null },
    { page: "A", hit: true },
    { page: "D", frames: ["D", "B", "C"], victim: "A" },
  ]);
});

describe("anything else than a number is refused with its line", () => {
  test.each([
    ["1 2\n3 ? 4\n", 'T:2: not a references line: "?"'],
    ["A longname B", 'T:1: not a references line: "longname"'],
    ["A B+ C", 'T:1: not a references line: "B+"'],
    ["A 18446744073709551615", "T:1: a number is out of range"],
    ["1 -2", 'T:1: not a references line: "-2"'],
    ["1 18446744073709551616", "T:1: a number is out of range"],
    ["1 0x", 'T:1: not a references line: "0x"'],
  ])("%j", async (text, message) => {
    await expect(readAll(bytesOf(text), options)).rejects.toThrow(message);
  });
});
