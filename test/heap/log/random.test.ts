/** Random heap logs against the naive reader. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { caseCount } from "../../build.js";
import { BadLine, type Parsed, parseText, resolve, unrecycled } from "./naive.js";
import { complaint, readLog } from "./read.js";

const word = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** 64n - 1n));
/** Few addresses, so that they are reused. */
const address = fc.oneof(
  fc.integer({ min: 0, max: 24 }).map((n) => BigInt(n) * 16n),
  fc.bigInt(1n, 2n ** 47n),
);

const shown = (value: bigint) =>
  fc.constantFrom(
    `0x${value.toString(16)}`,
    value.toString(),
    ...(value === 0n ? ["nil", "NULL", "(nil)"] : []),
    ...(value >= 2n ** 63n ? [BigInt.asIntN(64, value).toString()] : []),
  );
const shownHex = (value: bigint) =>
  value === 0n ? fc.constantFrom("nil", "0", "0x0") : fc.constant(`0x${value.toString(16)}`);

/** A call's name, arguments and result, as text. */
const calls = fc.oneof(
  tuple("malloc", [word], address),
  tuple("calloc", [word, word], address),
  tuple("realloc", [address, word], address),
  tuple("realloc", [address, word], address),
  tuple("reallocarray", [address, word, word], address),
  tuple("free", [address], undefined),
  tuple("free", [address], undefined),
  tuple("memalign", [word, word], address),
  tuple("aligned_alloc", [word, word], address),
  tuple("valloc", [word], address),
  tuple("malloc_usable_size", [address], word),
  tuple("malloc_trim", [word], word),
  tuple("mallopt", [fc.constantFrom(1n, 2n ** 64n - 3n, 0xfffffffdn), fc.bigInt(0n, 70000n)], word),
  fc
    .record({
      block: address.chain(shown),
      alignment: word.chain(shown),
      bytes: word.chain(shown),
      code: fc.constantFrom("0", "12", "ENOMEM", "EINVAL"),
    })
    .chain(({ block, alignment, bytes, code }) =>
      fc
        .constantFrom([`[${block}]`, alignment, bytes], [block, alignment, bytes])
        .map((args) => ({ name: "posix_memalign", args, result: code })),
    ),
  fc.constant({ name: "thread_exit", args: [] as string[], result: undefined as string | undefined }),
);

function tuple(
  name: string,
  args: readonly fc.Arbitrary<bigint>[],
  result: fc.Arbitrary<bigint> | undefined,
) {
  return fc.record({
    name: fc.constant(name),
    args: fc.tuple(...args.map((arg) => arg.chain(shown))) as fc.Arbitrary<string[]>,
    result:
      result === undefined
        ? fc.constantFrom("<void>", undefined)
        : result.chain((value) => (name === "malloc" ? shownHex(value) : shown(value))),
  });
}

const style = fc.record({
  prefix: fc.constantFrom(
    "",
    "",
    "",
    "t->",
    "libc.so.6->",
    "0.000108 ",
    "06:50:11.1 t->",
    "[0x55bda46b2307] ",
  ),
  pid: fc.constantFrom("", "", "[pid 41] ", "[pid 42] ", "[pid   7] ", "4100000000 "),
  padding: fc.constantFrom(" ", " ", "        "),
  tail: fc.constantFrom("", "", "", " <0.000012>", "   # comment", "\r"),
  /** The call is written in two lines, with this number of other lines between. */
  split: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }) },
  ),
});

const other = fc.constantFrom(
  "",
  "# comment",
  'strlen("malloc(3) = 0") = 3',
  "munmap(0x1000, 4096) = 0",
  "--- SIGCHLD (Child exited) ---",
  "[pid 41] +++ exited (status 0) +++",
  "hello, world",
);

type Line = { text: string; rest?: { after: number; text: string } };

const line: fc.Arbitrary<Line> = fc.oneof(
  { weight: 1, arbitrary: other.map((text) => ({ text })) },
  {
    weight: 12,
    arbitrary: fc
      .record({ call: calls, style })
      .map(({ call: { name, args, result }, style: { prefix, pid, padding, tail, split } }) => {
        const begin = `${pid}${prefix}${name}(${args.join(", ")}`;
        const end = `)${result === undefined ? "" : `${padding}= ${result}`}${tail}`;
        if (split === undefined) return { text: begin + end };
        return {
          text: `${begin} <unfinished ...>`,
          rest: {
            after: split,
            text: `${pid}${prefix.includes("->") ? "" : prefix}<... ${name} resumed> ${end}`,
          },
        };
      }),
  },
);

const log = fc.array(line, { minLength: 1, maxLength: 60 }).map((lines) => {
  const out: string[] = [];
  const later: { at: number; text: string }[] = [];
  for (const { text, rest } of lines) {
    out.push(text);
    if (rest !== undefined) later.push({ at: out.length + rest.after, text: rest.text });
    while (later.some(({ at }) => at <= out.length))
      out.push(
        later.splice(
          later.findIndex(({ at }) => at <= out.length),
          1,
        )[0]?.text ?? "",
      );
  }
  return `${[...out, ...later.map(({ text }) => text)].join("\n")}\n`;
});

/** The text in chunks that end anywhere. */
function chunked(text: string, cuts: readonly number[]): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends
    .map((end, n) => bytes.subarray(n === 0 ? 0 : ends[n - 1], end))
    .filter(({ length }) => length > 0);
}

async function check(text: string, cuts: readonly number[]): Promise<void> {
  let expected: Parsed[];
  try {
    expected = parseText(text);
  } catch (error) {
    if (!(error instanceof BadLine)) throw error;
    expect(await complaint(chunked(text, cuts), { format: "ltrace" })).toMatch(
      new RegExp(`^log:${error.line}: `),
    );
    return;
  }
  if (expected.length === 0) {
    expect(await complaint(chunked(text, cuts), { format: "ltrace" })).toContain("holds no calls");
    return;
  }
  const { operations, findings, lines } = await readLog(chunked(text, cuts), { format: "ltrace" });
  const naive = resolve(expected);
  expect(unrecycled(operations)).toEqual(unrecycled(naive.operations));
  expect(lines).toBe(text.split("\n").length - 1);
  const { leaks, ...lists } = naive.findings;
  for (const [name, found] of Object.entries(lists)) {
    const list = findings[name as keyof typeof lists];
    expect([name, list.count, list.first.map((finding) => finding.line)]).toEqual([
      name,
      found.length,
      found.slice(0, 256),
    ]);
  }
  const bytes = [...leaks.values()].reduce((sum, leak) => sum + leak.bytes, 0n);
  expect([findings.leaks.blocks, findings.leaks.bytes]).toEqual([
    leaks.size,
    Number(BigInt.asUintN(64, bytes)),
  ]);
  const byLine = [...leaks].map(([at, leak]) => [leak.line, at] as const).sort((a, b) => a[0] - b[0]);
  expect(findings.leaks.first.map((leak) => [leak.line, leak.address])).toEqual(byLine.slice(0, 256));
}

test("a random log is read as the naive reader reads it", async () => {
  await fc.assert(fc.asyncProperty(log, fc.array(fc.nat(), { maxLength: 4 }), check), {
    numRuns: caseCount(200),
  });
});

test("a log with changed characters is read as the naive reader reads it, or refused at the same line", async () => {
  const change = fc.record({
    at: fc.nat(),
    text: fc.constantFrom(
      "",
      " ",
      "(",
      ")",
      ",",
      "=",
      "0",
      "x",
      "<",
      ">",
      "-",
      "[",
      "]",
      "9",
      "@",
      "\t",
      "\u0000",
      "#",
      "\n",
    ),
  });
  await fc.assert(
    fc.asyncProperty(
      log,
      fc.array(change, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 3 }),
      async (text, changes, cuts) => {
        let changed = text;
        for (const { at, text: by } of changes) {
          const place = at % changed.length;
          changed = changed.slice(0, place) + by + changed.slice(place + 1);
        }
        await check(`${changed}\n`, cuts);
      },
    ),
    { numRuns: caseCount(300) },
  );
});
