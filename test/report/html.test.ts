import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { compare, openTrace, reportHtml, reportPlots } from "#pagewalk/index.js";
import { fileName } from "#pagewalk/report/pictures.js";
import { details, HOSTILE, rows, sampled } from "./examples.js";

const results = rows(["lru", "arc", "opt"], [4, 16, 64]);
const withDetails = { title: "t", command: "pagewalk compare a.lackey", version: "1.2.3", traces: [details] };

/** The page without its script and its data. */
const markup = (html: string) => html.replaceAll(/<script[^>]*>[\s\S]*?<\/script>/g, "<script></script>");

describe("a report", () => {
  test("shows trace, requests, pages, command line and version without a script", async () => {
    const html = markup(await reportHtml({ results }, withDetails));
    const said = [
      "a.lackey",
      "1,000",
      "300, 1.17 MiB",
      "4 KiB",
      "pagewalk compare a.lackey",
      "Pagewalk 1.2.3",
    ];
    for (const text of said) expect(html).toContain(text);
  });

  test("has a table of every count, the best marked", async () => {
    const html = markup(await reportHtml({ results }, withDetails));
    expect(html).toContain('<td class="best">30.00 % *<small>300</small></td>');
    for (const { misses } of results) expect(html).toContain(`<small>${misses}</small>`);
    expect(html.match(/class="best"/g)).toHaveLength(3);
  });

  test("refers to nothing outside itself", async () => {
    const html = markup(await reportHtml({ results }, withDetails));
    const references = [...html.matchAll(/(?:src|href|action|data)\s*=\s*"([^"]*)"/g)].map(([, to]) => to);
    expect(references.filter((to) => to !== "data:," && !to?.startsWith("#"))).toEqual([]);
    expect(html).not.toMatch(/url\(|@import|<iframe|<object|<embed|<base/i);
  });

  test("allows its own script, and no fetches", async () => {
    const html = await reportHtml({ results }, withDetails);
    const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
    const [, script = ""] = /<script type="module">([\s\S]*?)<\/script>/.exec(html) ?? [];
    const hash = createHash("sha256").update(script).digest("base64");
    expect(policy.split("; ")).toEqual(
      expect.arrayContaining(["default-src 'none'", `script-src 'sha256-${hash}'`]),
    );
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval|connect-src/);
    expect(/script-src[^;]*/.exec(policy)?.[0]).not.toContain("unsafe-inline");
  });

  test("escapes names", async () => {
    const hostile = rows([HOSTILE, "lru"], [4, 16], HOSTILE);
    const traces = [{ ...details, format: HOSTILE, only: HOSTILE }];
    const html = await reportHtml(
      { results: hostile },
      { title: HOSTILE, command: HOSTILE, version: HOSTILE, traces },
    );
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).not.toContain("<img");
    const [, json = ""] = /id="pagewalk-report">([\s\S]*?)<\/script>/.exec(html) ?? [];
    expect(JSON.parse(json)).toMatchObject({ title: HOSTILE, traces: [{ name: HOSTILE }] });
  });

  test("has the figures for which the result has data", async () => {
    const figures = async (...given: Parameters<typeof reportHtml>) =>
      [...markup(await reportHtml(...given)).matchAll(/data-figure="([^"]+)"/g)].map(([, id]) => id);
    expect(await figures({ results }, withDetails)).toEqual([
      ...["curves", "policies", "over-time", "reuse", "working-set", "working-set-sizes", "addresses"],
    ]);
    expect(await figures({ results: rows(["lru"], [4]) })).toEqual(["over-time"]);
    expect(await figures(sampled)).toEqual(["curves"]);
  });

  test("is the same for the same result", async () => {
    expect(await reportHtml({ results }, withDetails)).toBe(await reportHtml({ results }, withDetails));
  });

  test("accepts the result of compare unchanged", async () => {
    const trace = await openTrace(new TextEncoder().encode("1\n2\n3\n1\n2\n3\n"), {
      format: "lirs",
      name: "t",
    });
    const html = await reportHtml(await compare(trace, { policies: "lru,opt", frames: [1, 2] }));
    expect(markup(html)).toContain("100.00 %");
  });
});

describe("plots", () => {
  test("are the report's figures as SVG, named for files", async () => {
    const plots = await reportPlots({ results }, withDetails);
    expect(plots.map(({ name }) => name)).toEqual([
      "a.lackey-curves.svg",
      "a.lackey-policies.svg",
      "a.lackey-over-time.svg",
      "a.lackey-reuse.svg",
      "a.lackey-working-set.svg",
      "a.lackey-working-set-sizes.svg",
      "a.lackey-addresses.svg",
    ]);
    for (const { svg } of plots) {
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
      expect(unbalanced(svg)).toEqual([]);
      expect(svg).not.toMatch(/<script|<image|href=|NaN|Infinity|undefined/);
    }
  });

  test("have a title, and names of axes and lines", async () => {
    const [curves] = await reportPlots({ results }, withDetails);
    for (const text of [
      "Miss ratio by memory: a.lackey",
      "memory, frames",
      "miss ratio, % of requests",
      "opt (bound)",
    ]) {
      expect(curves?.svg).toContain(text);
    }
  });

  test("escape names, in markup and in file names", async () => {
    const name = `../../${HOSTILE}/..`;
    for (const plot of await reportPlots({ results: rows([HOSTILE, "lru"], [4, 16], name) })) {
      expect(plot.svg).not.toMatch(/<script|<img/);
      expect(unbalanced(plot.svg)).toEqual([]);
      expect(plot.name).toMatch(/^[\w.-]+$/);
    }
  });

  test("of traces with equal names have different file names", async () => {
    const both = [...rows(["lru"], [4, 16], "x/a"), ...rows(["lru"], [4, 16], "y/a")];
    const names = (await reportPlots({ results: both })).map(({ name }) => name);
    expect(names).toContain("a-curves.svg");
    expect(names).toContain("a-curves-2.svg");
  });

  test.each([
    ["/tmp/ls.pagewalk", "ls.pagewalk"],
    ["C:\\traces\\a b.gz", "a-b.gz"],
    ["..", "trace"],
    ["-", "trace"],
    ["<stream>", "stream"],
  ])("of %s are named %s", (path, name) => {
    expect(fileName(path)).toBe(name);
  });
});

/** Tags that are not closed, or were not opened. */
function unbalanced(svg: string): string[] {
  const open: string[] = [];
  for (const [, closing, name = "", rest = ""] of svg.matchAll(/<(\/?)([\w:]+)([^>]*)>/g)) {
    if (closing === "/") {
      if (open.pop() !== name) return [`</${name}>`];
    } else if (!rest.endsWith("/")) {
      open.push(name);
    }
  }
  return open;
}
