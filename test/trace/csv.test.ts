import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError, UsageError } from "#pagewalk/errors.js";
import { openTrace } from "#pagewalk/trace/open.js";
import type { OpenTraceOptions } from "#pagewalk/trace/trace.js";
import {
  bytesOf,
  FETCH,
  inPieces,
  LOAD,
  MODIFY,
  type PlainRecord,
  readAll,
  readPlaces,
  STORE,
} from "./records.js";

const read = (text: string, options: OpenTraceOptions = {}) =>
  readAll(bytesOf(text), { name: "T", ...options });
const loads = (...pages: bigint[]): PlainRecord[] =>
  pages.map((address) => ({ kind: LOAD, address, size: 0 }));

describe("columns", () => {
  const CLOUD_PHYSICS = "version,time,op,size,lbn\n1,5633898,2a,512,42932745\n1,5633898,28,8192,42932746\n";
  const REQUESTS = [
    { kind: STORE, address: 42932745n, size: 512 },
    { kind: LOAD, address: 42932746n, size: 8192 },
  ];

  test("are found by their usual names", async () => {
    expect((await openTrace(bytesOf(CLOUD_PHYSICS))).format).toBe("csv");
    expect(await read(CLOUD_PHYSICS)).toEqual(REQUESTS);
  });

  test("are named, in any case, or numbered", async () => {
    expect(await read(CLOUD_PHYSICS, { columns: "page=lbn,size=size,kind=op" })).toEqual(REQUESTS);
    expect(await read(CLOUD_PHYSICS, { columns: " page = LBN, kind=3,size=4" })).toEqual(REQUESTS);
    expect(await read(CLOUD_PHYSICS, { columns: "page=time" })).toEqual(loads(5633898n, 5633898n));
  });

  test("are numbered if there is no header, and the first row counts", async () => {
    expect(await read("7,1\n8,2\n", { columns: "page=2" })).toEqual(loads(1n, 2n));
    expect(await read("seven,page\n8,2\n", { columns: "page=2" })).toEqual(loads(2n));
  });

  test("are separated by the most frequent delimiter of the first row, or that of the option", async () => {
    expect(await read("page\tnote, and more\tsize\n1\tx,y\t\n")).toEqual(loads(1n));
    expect(await read("id;size\n1;\n")).toEqual(loads(1n));
    expect(await read("1:2\n3:4\n", { columns: "page=2", delimiter: ":" })).toEqual(loads(2n, 4n));
    expect(await read("1 2\n3 4\n", { columns: "page=2", delimiter: "space" })).toEqual(loads(2n, 4n));
    expect(await read("a\tpage\n1\t2\n\t3\n", { delimiter: "tab" })).toEqual(loads(2n, 3n));
  });

  test("may be quoted, with delimiters and quotes inside", async () => {
    expect(
      await read('note,"page",op\n"a, ""b"",c","12",read\n x ," 13",W\n'.replace('" 13"', '"13"')),
    ).toEqual([
      { kind: LOAD, address: 12n, size: 0 },
      { kind: STORE, address: 13n, size: 0 },
    ]);
  });

  test("accept hexadecimal pages, a byte-order mark, blank lines and carriage returns", async () => {
    expect(await read("\ufeffpage,size\r\n0x1F,1\r\n\r\n18446744073709551615,2\r\n")).toEqual([
      { kind: LOAD, address: 31n, size: 1 },
      { kind: LOAD, address: 2n ** 64n - 1n, size: 2 },
    ]);
  });

  test.each([
    ["r", LOAD],
    ["RS", LOAD],
    ["Load", LOAD],
    ["get", LOAD],
    ["28", LOAD],
    ["W", STORE],
    ["ws", STORE],
    ["store", STORE],
    ["SET", STORE],
    ["2A", STORE],
    ["i", FETCH],
    ["ifetch", FETCH],
    ["2", FETCH],
    ["m", MODIFY],
    ["Modify", MODIFY],
  ])("of kinds accept %s", async (word, kind) => {
    expect(await read(`page,op\n1,${word}\n`)).toEqual([{ kind, address: 1n, size: 0 }]);
  });
});

/** A row in the syntax of RFC 4180, split by a simple parser. */
function modelFields(row: string, delimiter: string): string[] | undefined {
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    let field = "";
    while (row[at] === " ") at++;
    if (row[at] === '"') {
      for (at++; ; at++) {
        if (at >= row.length) return undefined;
        if (row[at] === '"' && row[at + 1] === '"') at++;
        else if (row[at] === '"') break;
        field += row[at];
      }
      at++;
    } else {
      while (at < row.length && row[at] !== delimiter) field += row[at++];
    }
    fields.push(field.trim());
    if (at >= row.length) return fields;
    at++;
  }
}

test("every row gives its page, size, kind and line, for any division into chunks", async () => {
  const page = fc.oneof(fc.nat(99999), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(String);
  const size = fc.oneof(fc.nat(0xffffffff).map(String), fc.constant(""));
  const kind = fc.constantFrom("r", "w", "READ", "write", "i", "modify");
  const quoted = (field: fc.Arbitrary<string>) =>
    fc.tuple(field, fc.constantFrom("", "", '"')).map(([text, quote]) => quote + text + quote);
  const note = fc
    .tuple(fc.string({ unit: fc.constantFrom("a", ",", "é", " ", '"', "x") }), fc.boolean())
    .map(([text, quote]) => (quote ? `"${text.replaceAll('"', '""')}"` : text.replaceAll(/[",]/g, "")));
  const row = fc
    .tuple(quoted(kind), note, quoted(page), quoted(size), note)
    .map((fields) => fields.join(","));
  const ending = fc.constantFrom("\n", "\r\n", "\n\n");
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });
  const rows = fc.array(fc.tuple(row, ending), { minLength: 1, maxLength: 40 });
  const KINDS: Record<string, number> = {
    r: LOAD,
    read: LOAD,
    w: STORE,
    write: STORE,
    i: FETCH,
    modify: MODIFY,
  };
  await fc.assert(
    fc.asyncProperty(rows, cuts, async (table, lengths) => {
      const text = `op,note,page,size,more\n${table.flat().join("")}`;
      const wanted = text.split("\n").flatMap((line, i) => {
        const fields = modelFields(line.replace(/\r$/, ""), ",");
        if (i === 0 || line.trim() === "" || fields === undefined) return [];
        const [word = "", , number = "", bytes = ""] = fields;
        const record = { kind: KINDS[word.toLowerCase()], address: BigInt(number), size: Number(bytes) };
        return [{ record, place: `T:${i + 1}` }];
      });
      expect(wanted).toHaveLength(table.length);
      const trace = await openTrace(inPieces(bytesOf(text), lengths), { name: "T" });
      expect(await readPlaces(trace)).toEqual(wanted);
    }),
  );
});

test("a table of several batches keeps every row", async () => {
  const text = `id,op\n${Array.from({ length: 100_000 }, (_, i) => `${i},${i % 3 === 0 ? "w" : "r"}`).join("\n")}`;
  const got = await readPlaces(await openTrace(bytesOf(text), { name: "T" }));
  expect(got.map(({ record }) => record.address)).toEqual(got.map((_, i) => BigInt(i)));
  expect(got.at(-1)).toEqual({ record: { kind: STORE, address: 99_999n, size: 0 }, place: "T:100001" });
});

describe("a table that cannot be read is refused with position and reason", () => {
  test.each([
    [
      "a page that is not a number",
      "page,op\n1,r\nx,r\n",
      {},
      'T:3: a field that is read is empty or not a number: "x,r"; the columns read are page=1,kind=2',
    ],
    ["a page too large", "page,op\n18446744073709551616,r\n", {}, "T:2: a number is out of range"],
    ["a size too large", "page,size\n1,18446744073709551616\n", {}, "T:2: a number is out of range"],
    [
      "a row too short",
      "note,page\na,1\nb\n",
      { columns: "page=page" },
      'T:3: the row has too few columns: "b"; the columns read are page=2',
    ],
    [
      "an open quote",
      'note,page\n"a,1\n',
      { columns: "page=page" },
      "T:2: a quoted field does not end in its line",
    ],
    ["an unknown kind", "page,op\n1,erase\n", {}, "T:2: the column for the kind holds no kind of reference"],
    [
      "no header and no columns",
      "1,2\n3,4\n",
      { format: "csv" },
      'T:1: no header says which of the 2 columns holds the page; name it with columns: "page=',
    ],
    [
      "a column that there is not",
      "lbn,op\n1,r\n",
      { columns: "page=lbm" },
      'T:1: no column is called "lbm"; did you mean lbn? There are lbn, op',
    ],
    [
      "a number beyond the columns",
      "lbn,op\n1,r\n",
      { columns: "page=3" },
      "T:1: the first row has 2 columns, and no column 3",
    ],
  ])("%s", async (_, text, options, message) => {
    const reading = read(text, options);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(InputError);
  });

  test.each([
    ["pgae=1", `"pgae" is not the name of a column's role; did you mean page?`],
    ["page", '"page" names no column'],
    ["size=2", "no column for the page"],
    ["page=1,page=2", "page is named twice"],
  ])("--columns %s", async (columns, message) => {
    const reading = read("page,size\n1,2\n", { columns });
    await expect(reading).rejects.toThrow(`columns: ${message}`);
    await expect(reading).rejects.toBeInstanceOf(UsageError);
  });

  test.each(["::", '"', "x", "7", "é", ""])("--delimiter %s", async (delimiter) => {
    await expect(read("page\n1\n", { delimiter })).rejects.toThrow("delimiter: ");
  });

  test("columns for a format without columns", async () => {
    const reading = read(" L 00001000,8\n", { format: "lackey", columns: "page=1" });
    await expect(reading).rejects.toThrow("columns: lackey has no columns");
  });
});
