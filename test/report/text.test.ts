import { describe, expect, test } from "vitest";
import { compareText } from "#pagewalk/report/compare.js";
import { compareCsv } from "#pagewalk/report/compare-csv.js";
import { csv } from "#pagewalk/report/csv.js";
import { columns, layOut } from "#pagewalk/report/layout.js";
import { sparkline } from "#pagewalk/report/sparkline.js";
import { createStyle, hasColour, PLAIN } from "#pagewalk/report/style.js";
import { row, timed } from "./examples.js";

describe("the text of compare", () => {
  test("marks the fewest misses of each row, opt aside", async () => {
    const results = [row("fifo", 8, 300), row("lru", 8, 200), row("opt", 8, 100)];
    const text = await compareText({ results }, PLAIN, 80);
    expect(text).toContain("20.00 % *");
    expect(text).not.toMatch(/30\.00 % \*|10\.00 % \*/);
  });

  test("marks every policy that ties for the fewest", async () => {
    const text = await compareText({ results: [row("fifo", 8, 200), row("lru", 8, 200)] }, PLAIN, 80);
    expect(text.match(/20\.00 % \*/g)).toHaveLength(2);
  });

  test("never exceeds the given width, with any number of policies", async () => {
    const results = Array.from({ length: 12 }, (_, n) => row(`policy-${n}`, 1024, 100 + n));
    for (const width of [64, 80, 120]) {
      const text = await compareText({ results }, PLAIN, width);
      expect(text.split("\n").filter((line) => line.length > width)).toEqual([]);
      for (const { policy } of results) expect(text).toContain(policy);
    }
  });

  test("never exceeds the given width with long names", async () => {
    const names = ["second-chance-enhanced", "lru", "aging:bits=16,interval=1000", "arc", "fifo", "clock"];
    const results = names.map((name) => row(name, 1024, 100));
    const text = await compareText({ results }, PLAIN, 80);
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test("gives the number of held pages if it varies", async () => {
    const results = [row("lru", 8, 300), { ...row("pff", 8, 200), meanResidentPages: 5.25 }];
    expect(await compareText({ results }, PLAIN, 80)).toMatch(/mean pages +– +5\.3/);
    expect(compareCsv({ results })).toMatch(/,missRatio,meanResidentPages,seconds.*,0\.3,,.*,0\.2,5\.25,/s);
  });

  test("has no trailing blanks", async () => {
    const text = await compareText({ results: [row("lru", 8, 300), row("opt", 8, 200)] }, PLAIN, 80);
    expect(text).not.toMatch(/ $/m);
  });

  test("transposes the table if policies do not fit, and refers to the misses", async () => {
    const policies = Array.from({ length: 40 }, (_, n) => `policy-${n}`);
    const results = [64, 1024].flatMap((frames) =>
      policies.map((policy, n) => row(policy, frames, frames === 64 ? 900 - n : 10 + n)),
    );
    const lines = (await compareText({ results }, PLAIN, 80)).split("\n");
    expect(lines[1]).toMatch(/^ policy +64 +1,024 +curve$/);
    expect(lines[2]).toMatch(/^ policy-0 +90\.00 % +1\.00 % \* +█▁$/);
    expect(lines[41]).toMatch(/^ policy-39 +86\.10 % \* +4\.90 % +█▁$/);
    expect(lines.join("\n")).toContain("--csv");
  });

  test("continues in further tables if numbers of frames do not fit, each once", async () => {
    const frames = [...Array(15).keys()].map((n) => 100 + n);
    const results = frames.flatMap((count) =>
      ["a", "b", "c", "d", "e", "f"].map((one) => row(one, count, count)),
    );
    const text = await compareText({ results }, PLAIN, 64);
    expect(text.split("\n").filter((line) => line.length > 64)).toEqual([]);
    for (const count of frames) expect(text.match(new RegExp(` ${count}( |$)`, "gm"))).toHaveLength(1);
  });

  test("has a curve in ascending order of frames, all policies on one scale", async () => {
    const results = [row("lru", 64, 0), row("opt", 64, 0), row("lru", 8, 800), row("opt", 8, 400)];
    expect(await compareText({ results }, PLAIN, 80)).toMatch(/curve +█▁ +▅▁/);
    expect(await compareText({ results: results.slice(0, 2) }, PLAIN, 80)).not.toContain("curve");
  });

  test("shows misses over time if there are timelines", async () => {
    const text = await compareText({ results: [timed("lru", 8, 400), timed("opt", 8, 200)] }, PLAIN, 80);
    expect(text).toMatch(/over time +█▁▅▅ +▅▁▃▃/);
  });

  test("has a table for each occurrence of a trace", async () => {
    const once = [row("lru", 8, 200), row("opt", 8, 100)];
    const text = await compareText({ results: [...once, ...once] }, PLAIN, 80);
    expect(text.match(/a\.lackey {2}1,000 requests/g)).toHaveLength(2);
    expect(text.match(/20\.00 % \*/g)).toHaveLength(2);
  });

  test("has a table for each trace", async () => {
    const results = [row("lru", 8, 200), row("lru", 8, 100, "b.lackey")];
    const text = await compareText({ results }, PLAIN, 80);
    expect(text).toMatch(/a\.lackey {2}1,000 requests.*20\.00 %.*b\.lackey {2}1,000 requests.*10\.00 %/s);
  });
});

describe("a sparkline", () => {
  test("goes from 0 to the maximum", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8], 9, 8)).toBe("▁▂▃▄▅▆▇██");
  });

  test("is flat without values above 0", () => {
    expect(sparkline([0, 0], 8, 0)).toBe("▁▁");
  });
});

describe("comma-separated values", () => {
  test("quote fields with a comma, a quote or a line end", () => {
    expect(csv(["a", "b"], [{ a: 'say "hi", all', b: 1 }])).toBe('a,b\n"say ""hi"", all",1\n');
  });

  test("of compare have a column for each key of its JSON", () => {
    const results = [row("lru", 8, 200)];
    const [head, line] = compareCsv({ results }).split("\n");
    expect(head?.split(",")).toEqual(Object.keys(results[0] ?? {}));
    expect(line).toBe("a.lackey,lru,8,1000,800,200,0,0.2,0.001,1000000");
  });
});

describe("columns", () => {
  test("of all sections are aligned, values to the right", () => {
    const text = layOut(
      [
        { title: "One", rows: [{ label: "a", value: "1" }] },
        { title: "Two", note: "noted", rows: [{ label: "longer", value: "1,234", note: "why" }] },
      ],
      PLAIN,
    );
    expect(text).toBe("One\n  a           1\n\nTwo  noted\n  longer  1,234  why\n");
  });

  test("of a table are as wide as their widest cell", () => {
    const rows = [
      ["level", "misses"],
      ["l1", "1,234,567"],
    ];
    expect(columns(rows, PLAIN)).toEqual(["  level     misses", "  l1     1,234,567"]);
  });

  test("are aligned with and without colours", async () => {
    const style = await createStyle(true);
    const sections = [{ title: "One", rows: [{ label: "a", value: "1", note: "why" }] }];
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");
    const coloured = layOut(sections, style);
    expect(coloured).toMatch(escapes);
    expect(coloured.replace(escapes, "")).toBe(layOut(sections, PLAIN));
  });
});

describe("colour", () => {
  test.each([
    ["a terminal", true, {}, true],
    ["a pipe", false, {}, false],
    ["a dumb terminal", true, { TERM: "dumb" }, false],
    ["a terminal with NO_COLOR", true, { NO_COLOR: "1" }, false],
    ["a pipe with FORCE_COLOR", false, { FORCE_COLOR: "1" }, true],
    ["a terminal with FORCE_COLOR=0", true, { FORCE_COLOR: "0" }, false],
    ["both asked for and refused", false, { FORCE_COLOR: "1", NO_COLOR: "1" }, false],
  ])("on %s: terminal %s, %j gives %s", (_, isTerminal, env, colour) => {
    expect(hasColour(isTerminal, env)).toBe(colour);
  });
});
