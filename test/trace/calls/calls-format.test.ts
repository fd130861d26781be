import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convertTrace, openTrace, traceInfo } from "#pagewalk/index.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import { caseCount } from "../../build.js";
import { bytesOf, FETCH, inPieces, LOAD, MODIFY, readAll, STORE } from "../records.js";

const CALL = 4;

async function converted(input: Uint8Array, format: string): Promise<Uint8Array> {
  const sink = new BytesSink();
  await convertTrace(await openTrace(input), sink, { format });
  return sink.bytes;
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const LOG = [
  "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbb000",
  "store(0x7ffff7fbb010, 8)",
  "load(0x7ffff7fbb010, 8) = ok",
  "p = sbrk(4096)",
  "load(p + 16, 4)",
  "modify(0x7ffff7fbb018, 4)",
  "fetch(0x401000, 3)",
];

describe("call logs", () => {
  test("are detected by every line that is not a comment", async () => {
    const { format } = await openTrace(bytesOf(`# regions\n\n${LOG.join("\n")}\n`));
    expect(format).toBe("calls");
  });

  test.each([
    "1234  mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f0000000000",
    "[pid  12] brk(NULL) = 0",
  ])("of many processes are detected too: %s", async (line) =>
    expect((await openTrace(bytesOf(`${line}\n`))).format).toBe("calls"),
  );

  test("contain plain accesses as references, and everything else as calls", async () => {
    const records = await readAll(bytesOf(LOG.join("\n")));
    expect(records.map(({ kind }) => kind)).toEqual([CALL, STORE, CALL, CALL, CALL, MODIFY, FETCH]);
    expect(records[1]).toEqual({ kind: STORE, address: 0x7ffff7fbb010n, size: 8 });
  });

  test("contain accesses of another process than the last call's as calls, with their process", async () => {
    const log = [
      "[pid 7] brk(NULL) = 0x1000",
      "[pid 7] load(0x10, 1)",
      "[pid 8] load(0x10, 1)",
      "load(0x20, 1)",
    ];
    const records = await readAll(bytesOf(log.join("\n")));
    expect(records.map(({ kind }) => kind)).toEqual([CALL, LOAD, CALL, LOAD]);
  });

  test("are converted to pagewalk and back unchanged, except for comments", async () => {
    const text = `${LOG.join("\n")}\n`;
    const packed = await converted(bytesOf(`# a comment\n${text}`), "pagewalk");
    expect(textOf(await converted(packed, "calls"))).toBe(text);
  });

  test("can be read in pieces of any length", async () => {
    const text = LOG.join("\n");
    const whole = await readAll(bytesOf(text));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), async (lengths) => {
        expect(await readAll(inPieces(bytesOf(text), lengths), { format: "calls" })).toEqual(whole);
      }),
      { numRuns: caseCount(20) },
    );
  });

  test("are counted by trace info", async () => {
    const info = await traceInfo(await openTrace(bytesOf(`# one\n${LOG.join("\n")}`)));
    expect(info).toMatchObject({ calls: 4, references: 3, stores: 1, modifies: 1, skippedLines: 1 });
  });

  test("cannot be written from page numbers", async () => {
    await expect(converted(bytesOf("1\n2\n"), "calls")).rejects.toThrow("calls hold addresses");
  });

  test("with an endless line are refused at that line", async () => {
    const endless = bytesOf(`brk(NULL) = 0\n${"x".repeat(3 << 20)}`);
    await expect(readAll(endless, { format: "strace", name: "log" })).rejects.toThrow(
      "log:2: the line has no end",
    );
  });
});
