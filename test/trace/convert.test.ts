import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { convertTrace } from "#pagewalk/trace/convert.js";
import { traceInfo } from "#pagewalk/trace/info.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { recordTrace } from "#pagewalk/trace/record/record.node.js";
import { BytesSink, GzipSink } from "#pagewalk/trace/sinks.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { caseCount } from "../build.js";
import { bytesOf, FETCH, LOAD, MODIFY, readAll, STORE } from "./records.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function converted(text: string, format: string): Promise<Uint8Array> {
  const sink = new BytesSink();
  await convertTrace(await openTrace(bytesOf(text)), sink, { format });
  return sink.bytes;
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const lackeyLine = fc
  .tuple(
    fc.constantFrom("I  ", " L ", " S ", " M "),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 4096n }),
    fc.integer({ min: 1, max: 4096 }),
  )
  .map(([kind, address, size]) => `${kind}${address.toString(16).padStart(8, "0")},${size}\n`);

describe("lackey", () => {
  test("text to records to text gives the same bytes, except for valgrind's own lines", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(lackeyLine, { minLength: 1, maxLength: 200, size: "max" }), async (lines) => {
        const text = lines.join("");
        expect(textOf(await converted(`==1== Lackey\n${text}==1== \n`, "lackey"))).toBe(text);
      }),
    );
  });

  test("more than one output buffer is written completely", async () => {
    const text = Array.from({ length: 100_000 }, (_, i) => ` S ${(2 ** 45 + i).toString(16)},4096\n`).join(
      "",
    );
    expect(textOf(await converted(text, "lackey"))).toBe(text);
  });

  test("cannot be written from page numbers", async () => {
    await expect(converted("1\n2\n", "lackey")).rejects.toThrow(
      "lackey holds addresses and the trace has page numbers",
    );
  });
});

describe("address", () => {
  test("fetches become the count of the next load or store, a modify becomes a load and a store", async () => {
    const text =
      "I  00001000,3\nI  00001003,3\n L 1fff000758,8\n S 00000010,4\nI  00001006,1\n M 00000020,4\n";
    expect(textOf(await converted(text, "address"))).toBe("l 0x1fff000758 2\ns 0x10 0\nl 0x20 1\ns 0x20 0\n");
  });
});

describe("block formats", () => {
  test("lirs has a line for each page of 4 KiB that a reference touches", async () => {
    expect(textOf(await converted(" L 00001ff8,8\n L 00001ff9,8\n S 00000000,12289\n", "lirs"))).toBe(
      "1\n1\n2\n0\n1\n2\n3\n",
    );
  });

  test("a reference of a million pages is written completely", async () => {
    const text = textOf(await converted(" L 00000000,4294967295\n", "lirs"));
    expect(text.split("\n").length - 1).toBe(2 ** 20);
  });

  test("oracleGeneral has each request's next use, numbered from 1", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(9), { minLength: 1, maxLength: 80, size: "max" }), async (pages) => {
        const binary = await converted(pages.map((page) => `${page}\n`).join(""), "oracleGeneral");
        const view = new DataView(binary.buffer, binary.byteOffset, binary.length);
        const next = pages.map((_, i) => Number(view.getBigInt64(i * 24 + 16, true)));
        expect(next).toEqual(
          pages.map((page, i) => {
            const again = pages.indexOf(page, i + 1);
            return again < 0 ? -1 : again + 1;
          }),
        );
      }),
      { numRuns: caseCount(30) },
    );
  });

  test("oracleGeneral of more requests than a chunk of its spool keeps their order", async () => {
    const count = 70_000;
    const text = Array.from({ length: count }, (_, i) => `${i % 40_000}\n`).join("");
    const binary = await converted(text, "oracleGeneral");
    const view = new DataView(binary.buffer, binary.byteOffset, binary.length);
    for (const i of [0, 29_999, 30_000, 32_768, 69_999]) {
      expect(view.getBigUint64(i * 24 + 4, true)).toBe(BigInt(i % 40_000));
      expect(view.getBigInt64(i * 24 + 16, true)).toBe(i + 40_000 < count ? BigInt(i + 40_001) : -1n);
    }
  });

  test("lirs to oracleGeneral and back keeps the page numbers", async () => {
    const pages = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), {
      minLength: 1,
      maxLength: 100,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(pages, async (numbers) => {
        const text = numbers.map((number) => `${number}\n`).join("");
        const binary = await converted(text, "oracleGeneral");
        expect(binary).toHaveLength(numbers.length * 24);
        const back = new BytesSink();
        await convertTrace(await openTrace(binary, { format: "oracleGeneral" }), back, { format: "lirs" });
        expect(textOf(back.bytes)).toBe(text);
      }),
    );
  });
});

describe("a written trace is read again unchanged", () => {
  const request = fc.record({
    kind: fc.constantFrom(FETCH, LOAD, STORE, MODIFY),
    address: fc.bigInt({ min: 0n, max: 2n ** 64n - 4096n }),
    size: fc.integer({ min: 1, max: 4096 }),
  });
  const requests = fc.array(request, { minLength: 1, maxLength: 100, size: "max" });
  const all = [FETCH, LOAD, STORE, MODIFY];
  const WORDS = ["i", "r", "w", "m"];

  test.each([
    ["csv", all],
    ["vscsi", [LOAD, STORE]],
  ])("%s, from a table", async (format, kinds) => {
    await fc.assert(
      fc.asyncProperty(requests, async (given) => {
        const wanted = given.map((one) => ({ ...one, kind: kinds[one.kind % kinds.length] ?? LOAD }));
        const rows = wanted.map(({ kind, address, size }) => `${address},${size},${WORDS[kind]}\n`);
        const bytes = await converted(`page,size,op\n${rows.join("")}`, format);
        expect(await readAll(bytes, { format })).toEqual(wanted);
      }),
    );
  });

  test("din, from lackey, a modify being a load and a store", async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (given) => {
        const lines = given.map(
          ({ kind, address, size }) =>
            `${["I  ", " L ", " S ", " M "][kind]}${address.toString(16)},${size}\n`,
        );
        const wanted = given.flatMap((one) =>
          one.kind === MODIFY ? [LOAD, STORE].map((kind) => ({ ...one, kind })) : [one],
        );
        expect(await readAll(await converted(lines.join(""), "din"), { format: "din" })).toEqual(wanted);
      }),
    );
  });

  test("arc, a reference across pages being one line", async () => {
    const text = textOf(await converted(" L 00001ff8,8\n S 00001ff9,8\n L 00000000,12289\n", "arc"));
    expect(text).toBe("1 1 0 1\n1 2 0 2\n0 4 0 3\n");
    const pages = (await readAll(bytesOf(text))).map(({ address }) => Number(address));
    expect(pages).toEqual([1, 1, 2, 0, 1, 2, 3]);
  });
});

describe("losses are counted", () => {
  const MIXED = "I  00001000,3\n L 1fff000758,8\n S 00000010,4\n M 00000020,1\n";
  const lost = async (text: string, format: string) =>
    (await convertTrace(await openTrace(bytesOf(text)), new BytesSink(), { format })).lost;

  test.each([
    ["pagewalk", { kinds: 0, sizes: 0, addresses: 0, regions: 0 }],
    ["lackey", { kinds: 0, sizes: 0, addresses: 0, regions: 0 }],
    ["din", { kinds: 1, sizes: 0, addresses: 0, regions: 0 }],
    ["address", { kinds: 2, sizes: 3, addresses: 0, regions: 0 }],
    ["lirs", { kinds: 3, sizes: 0, addresses: 4, regions: 0 }],
    ["csv", { kinds: 0, sizes: 0, addresses: 4, regions: 0 }],
    ["vscsi", { kinds: 2, sizes: 0, addresses: 4, regions: 0 }],
    ["oracleGeneral", { kinds: 3, sizes: 0, addresses: 4, regions: 0 }],
  ])("from lackey to %s", async (format, wanted) => {
    expect(await lost(MIXED, format)).toEqual(wanted);
  });

  test("of a recording with initial regions, if the format cannot hold them", async () => {
    const recording = new BytesSink();
    const maps =
      "00400000-00401000 r-xp 00000000 00:00 0 \n7fff0000-7fff1000 rw-p 00000000 00:00 0 [stack]\n";
    const trace = await openTrace(bytesOf(MIXED));
    await convertTrace(trace, recording, { format: "pagewalk", metadata: { maps, placement: "recorded" } });
    const again = async (format: string) => {
      const sink = new BytesSink();
      const { lost } = await convertTrace(await openTrace(recording.bytes), sink, { format });
      return { lost, sink };
    };
    expect((await again("calls")).lost).toEqual({ kinds: 0, sizes: 0, addresses: 0, regions: 2 });
    const { lost, sink } = await again("pagewalk");
    expect(lost.regions).toBe(0);
    const reader = await (await openTrace(sink.bytes)).read(await Kernel.create());
    expect(reader.metadata).toMatchObject({ maps, placement: "recorded" });
    await reader.close();
  });

  test("from a table of pages to lirs and vscsi", async () => {
    const table = "page,size,op\n1,512,w\n2,0,r\n3,512,r\n";
    expect(await lost(table, "lirs")).toEqual({ kinds: 1, sizes: 2, addresses: 0, regions: 0 });
    expect(await lost(table, "vscsi")).toEqual({ kinds: 0, sizes: 0, addresses: 0, regions: 0 });
  });
});

describe("a file", () => {
  const text = "I  0401ab70,3\n S 1fff000758,8\n";

  test("gets its format and compression from its name", async () => {
    const out = join(folder, "out.lirs.gz");
    const result = await convertTrace(await openTrace(bytesOf(text)), out);
    expect(result).toMatchObject({ format: "lirs", callsDropped: 0, counts: { references: 2 } });
    expect(textOf(gunzipSync(readFileSync(out)))).toBe("16410\n33550336\n");
  });

  test("appears only when it is complete: a bad line leaves no file", async () => {
    const trace = await openTrace(bytesOf(`${text.repeat(50_000)}nonsense\n`), { name: "T" });
    await expect(convertTrace(trace, join(folder, "out.lackey"))).rejects.toThrow(
      "T:100001: not a lackey line",
    );
    await expect(convertTrace(trace, join(folder, "out.lackey.gz"))).rejects.toThrow(
      "T:100001: not a lackey line",
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test("that exists is not changed when the conversion fails", async () => {
    const out = join(folder, "out.lackey");
    writeFileSync(out, "before");
    await expect(convertTrace(await openTrace(bytesOf(`${text}x\n`)), out)).rejects.toThrow();
    expect(readFileSync(out, "utf8")).toBe("before");
    await convertTrace(await openTrace(bytesOf(text)), out);
    expect(readFileSync(out, "utf8")).toBe(text);
  });

  test("may be converted onto itself", async () => {
    const out = join(folder, "trace.lackey");
    writeFileSync(out, `==1== Lackey\n${text}`);
    await convertTrace(await openTrace(out), out);
    expect(readFileSync(out, "utf8")).toBe(text);
  });

  test("in a missing folder, or a folder itself, is refused", async () => {
    const trace = await openTrace(bytesOf(text));
    await expect(convertTrace(trace, join(folder, "no", "out.lackey"))).rejects.toThrow(
      "no such file or directory",
    );
    await expect(convertTrace(trace, folder, { format: "lackey" })).rejects.toThrow("is a directory");
  });

  test("is removed when the signal is aborted", async () => {
    const trace = await openTrace(bytesOf(text));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(convertTrace(trace, join(folder, "out.lackey"), { signal })).rejects.toThrow("enough");
    expect(readdirSync(folder)).toEqual([]);
  });
});

test("a sink that fails stops the conversion, compressed or not, and is aborted", async () => {
  const trace = await openTrace(bytesOf(" L 00001000,8\n".repeat(400_000)));
  for (const wrap of [(sink: BytesSink) => sink, (sink: BytesSink) => new GzipSink(sink)]) {
    let aborted = false;
    const sink = Object.assign(new BytesSink(), {
      write: () => Promise.reject(new Error("the disk is full")),
      abort: async () => {
        aborted = true;
      },
    });
    await expect(convertTrace(trace, wrap(sink), { format: "lackey" })).rejects.toThrow("the disk is full");
    expect(aborted).toBe(true);
  }
});

test("a WritableStream gets every byte and is closed", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const reading = readAll(readable);
  await convertTrace(await openTrace(bytesOf(" L 00001000,8\n".repeat(50_000))), writable, {
    format: "lackey",
  });
  expect(await reading).toHaveLength(50_000);
});

describe("info", () => {
  test("counts the lines without a reference", async () => {
    const text = "==1== Lackey\n L 00005000,8\n\n==1== \n";
    expect(await traceInfo(await openTrace(bytesOf(text)))).toMatchObject({ references: 1, skippedLines: 3 });
  });

  test("counts kinds, pages, crossings, bytes and the range", async () => {
    const text = "I  00001ffe,3\n L 00005000,8\n S 00005008,8\n M 7ffffffffff8,8\n";
    expect(await traceInfo(await openTrace(bytesOf(text), { name: "T" }))).toEqual({
      path: "T",
      format: "lackey",
      detectedBy: "content",
      unit: "address",
      sizeBytes: text.length,
      references: 4,
      instructionFetches: 1,
      loads: 1,
      stores: 1,
      modifies: 1,
      calls: 0,
      distinctPages: 4,
      footprintBytes: 16384,
      crossings: 1,
      bytesTouched: 27,
      lowestAddress: "0x1ffe",
      highestAddress: "0x7fffffffffff",
    });
  });

  test("distinct pages are those of a set, for any number", async () => {
    const edge = fc.constantFrom(0n, 2n ** 64n - 1n, 2n ** 64n - 2n);
    const number = fc.oneof(
      edge,
      fc.bigInt({ min: 0n, max: 3000n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    );
    const numbers = fc.array(number, { minLength: 1, maxLength: 8000, size: "max" });
    await fc.assert(
      fc.asyncProperty(numbers, async (pages) => {
        const info = await traceInfo(await openTrace(bytesOf(pages.join("\n"))));
        expect(info.distinctPages).toBe(new Set(pages).size);
        expect(info.references).toBe(pages.length);
      }),
      { numRuns: caseCount(30) },
    );
  });
});

describe("record", () => {
  test("without valgrind, says how to install it and leaves no file", async () => {
    const recording = recordTrace(["true"], join(folder, "out.lackey"), {
      valgrind: join(folder, "valgrind"),
    });
    await expect(recording).rejects.toThrow(
      "valgrind is not installed; install it (Debian, Ubuntu: apt install valgrind",
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test("without a program, is refused with a remedy", async () => {
    await expect(recordTrace([], join(folder, "out.lackey"))).rejects.toThrow(
      "no program to record; name one after --",
    );
  });
});
