/** How errors name options: as the library does, and by flags in the command. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { InputError, OptionError, optionNamed } from "#pagewalk/errors.js";
import { flagOf } from "#pagewalk/options/row.js";
import { tables } from "../scripts/option-tables.js";

describe("an option in a message", () => {
  const error = new InputError(
    "the row is too short",
    `leave ${optionNamed("pageSize")} out, or give ${optionNamed("columns", "page=1")}`,
    "a.csv:3",
  );

  test("has the library's name, and the command's flag", () => {
    expect(error.message).toBe(
      'a.csv:3: the row is too short; leave pageSize out, or give columns: "page=1"',
    );
    const renamed = error.renamed(flagOf);
    expect(renamed).toBeInstanceOf(InputError);
    expect(renamed.message).toBe(
      "a.csv:3: the row is too short; leave --page-size out, or give --columns page=1",
    );
  });

  test("is still there in an error that is made from another", () => {
    const { problem, remedy } = error.words;
    expect(new OptionError(problem, remedy, optionNamed("walkCache")).renamed(flagOf).message).toBe(
      "--walk-cache: the row is too short; leave --page-size out, or give --columns page=1",
    );
  });

  test("may be the place", () => {
    const fault = OptionError.at("walkCache", "no cache", "give one");
    expect(fault.message).toBe("walkCache: no cache; give one");
    expect(fault.renamed(flagOf).message).toBe("--walk-cache: no cache; give one");
  });

  test("is not escaped, but control characters of the input are", () => {
    const odd = new InputError("it starts with \u001b[31m", `see ${optionNamed("format")}`);
    expect(odd.renamed(flagOf).message).toBe("it starts with \\u001b[31m; see --format");
  });
});

describe("the library's texts", () => {
  // Only the command prints what src/cli and src/report write; src/options has its help.
  const files = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !/^(?:cli|report|options)[\\/]/.test(name))
    .map((name) => join("src", name));
  const flags = new Set([...tables].flatMap(([, rows]) => rows.map(([name]) => flagOf(name))));

  test("name no flag of the command", () => {
    expect(files.length).toBeGreaterThan(200);
    const found = files.flatMap((file) =>
      flagsIn(readFileSync(file, "utf8")).map((flag) => `${file}: ${flag}`),
    );
    expect(found).toEqual([]);
  });

  test("are searched without comments and other programs' options", () => {
    const source = `/* --arch */ f("--memory", 'or --swap=1'); // --huge\n(--tlb): "a--arch --tool=lackey xz --check"`;
    expect(flagsIn(source)).toEqual(["--memory", "--swap", "--tlb"]);
  });

  function flagsIn(source: string): string[] {
    const code = source.replaceAll(/\/\*.*?\*\/|(?<=^|\s)\/\/ [^\n]*/gs, "");
    return (code.match(/(?<![\w-]|\bxz )--[a-z][a-z-]*/g) ?? []).filter((flag) => flags.has(flag));
  }
});
