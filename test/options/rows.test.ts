/** Claims about all rows of the tables of options. */
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "#pagewalk/cli/commands.js";
import { mrc, openTrace, replay, UsageError } from "#pagewalk/index.js";
import { flagsOf } from "#pagewalk/options/describe.js";
import { flagOf, type OptionRow, pick } from "#pagewalk/options/row.js";
import { tables } from "../../scripts/option-tables.js";

const rows = [...tables].flatMap(([command, options]) =>
  options.map(([name, row]) => ({ command, name, row: row as OptionRow })),
);

describe("a row", () => {
  const typed = rows.filter(
    ({ row }) => row.defaultText !== undefined && row.extras.defaultWords === undefined,
  );

  test.each(typed.filter(({ row }) => row.shape.value !== undefined))(
    "$command, $name: the default that help shows gives what the library takes without the option",
    ({ row }) => {
      const value = v.parse(row.schema, row.shape.parse(row.defaultText ?? ""));
      expect(value).toEqual(v.parse(row.schema, undefined));
    },
  );

  test("has words that its schema accepts", () => {
    const wrong = rows.flatMap(({ name, row }) =>
      row.shape.words.filter((word) => !v.safeParse(row.schema, word).success).map((word) => [name, word]),
    );
    expect(wrong).toEqual([]);
  });

  test("has one line of help without a full stop", () => {
    expect(rows.filter(({ row }) => /\.$|\n/.test(row.help))).toEqual([]);
  });

  test("has flags that no other option of the command has", () => {
    for (const { name, options = {} } of COMMANDS) {
      const flags = Object.entries(options).flatMap(([key, row]) => flagsOf(key, row).split(", "));
      expect([name, flags.length]).toEqual([name, new Set(flags).size]);
    }
  });
});

test("a flag is the name with dashes", () => {
  expect(["memory", "pageSize", "walkCache"].map((name) => flagOf(name))).toEqual([
    "--memory",
    "--page-size",
    "--walk-cache",
  ]);
});

test("options without a value, and of other tables, are not picked", () => {
  const table = { memory: rows[0]?.row as OptionRow };
  expect(pick({ memory: undefined, swap: "1M" }, table)).toEqual({});
  expect(pick({ memory: "1M", swap: "1M" }, table)).toEqual({ memory: "1M" });
});

describe("errors of the library name its options", () => {
  const lackey = () =>
    openTrace(new TextEncoder().encode(" L 00001000,8\n"), { format: "lackey", name: "t" });

  test.each([
    [{ memory: "12x" }, /^memory: "12x" is not a size; /],
    [{ memory: "10K" }, /^memory: 10KiB is not a whole number of pages of 4KiB; give 12KiB, for example/],
    [{ huge: "no" }, /^replay: huge cannot be no; did you mean never\?/],
    [{ walkCache: "x" }, /^walkCache: "x" is not a cache/],
    [{ memory: "1M", policy: "opt", swap: "1M" }, /leave out huge and swap/],
  ])("replay %j", async (options, message) => {
    const refused = replay(await lackey(), options as object);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
  });

  test.each([
    [{ pageSize: "3K" }, /^pageSize: a page size of 3KiB is not a power of two/],
    [{ workingSet: "x" }, /^workingSet: "x" is not a window/],
    [{ sampleSize: 5 }, /sampleSize cannot be 5/],
    [{ ways: 4 }, /ways is for curves by sets; give sets as well/],
  ])("mrc %j", async (options, message) => {
    await expect(mrc(await lackey(), options)).rejects.toThrow(message);
  });
});
