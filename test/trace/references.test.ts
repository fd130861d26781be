import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compare } from "#pagewalk/compare/compare.js";
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

test("every number is read, with its line, for any division into chunks", async () => {
  const number = fc.oneof(
    fc.nat(99).map(String),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((n) => `0x${n.toString(16)}`),
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
              record: { kind: LOAD, address: BigInt(word), size: 0 },
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

describe("anything else than a number is refused with its line", () => {
  test.each([
    ["1 2\n3 x 4\n", 'T:2: not a references line: "x"'],
    ["1 -2", 'T:1: not a references line: "-2"'],
    ["1 18446744073709551616", "T:1: a number is out of range"],
    ["1 0x", 'T:1: not a references line: "0x"'],
  ])("%j", async (text, message) => {
    await expect(readAll(bytesOf(text), options)).rejects.toThrow(message);
  });
});
