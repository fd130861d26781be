/** The playground's view Compare: it shows what the library computes in Node. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type CompareRow, compare, generateTrace, openTrace } from "pagewalk";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bytesSavedBy, describePlayground, faultsOf, press, savedBy } from "./playground.js";

const recording = new URL("../../examples/wordcount/wordcount.pagewalk", import.meta.url);
const FEW = "policies=lru+arc+opt&frames=5%25,20%25";
const few = { policies: ["lru", "arc", "opt"], frames: "5%,20%" };

/** The counts of rows, without the times. */
const counts = (rows: readonly CompareRow[]) =>
  rows.map(({ policy, frames, requests, hits, misses, writebacks, missRatio }) => ({
    policy,
    frames,
    requests,
    hits,
    misses,
    writebacks,
    missRatio,
  }));

describePlayground("the playground's Compare", (playground) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pagewalk-playground-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const status = (page: Page) => page.locator(".running [role=status]");
  const ended = (page: Page, word = "done") => status(page).filter({ hasText: word }).waitFor();

  async function rowsOf(page: Page): Promise<CompareRow[]> {
    return JSON.parse(await savedBy(page, "Save JSON")).results;
  }

  test("has a title, a sentence, and an example that runs when it is pressed", async () => {
    const page = await playground.open("");
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Pagewalk playground");
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await page.getByRole("button", { name: /^Belady/ }).click();
    await ended(page);
    const trace = await openTrace(new TextEncoder().encode("1 2 3 4 1 2 5 1 2 3 4 5"), {
      format: "references",
    });
    const { results } = await compare(trace, { policies: ["fifo", "lru", "opt"], frames: "1,2,3,4,5" });
    expect(counts(await rowsOf(page))).toEqual(counts(results));
    const misses = (frames: number) =>
      results.find((row) => row.policy === "fifo" && row.frames === frames)?.misses;
    expect([misses(3), misses(4)]).toEqual([9, 10]); // Belady, Nelson, Shedler 1969
    await page.close();
  });

  test("gives the counts of Node for the bundled recording, in figures, table and files", async () => {
    const page = await playground.open(`#compare?trace=wordcount&${FEW}`);
    await press(page, "Run");
    await ended(page);
    const { results } = await compare(await openTrace(recording), few);
    expect(counts(await rowsOf(page))).toEqual(counts(results));
    const cells = await page.locator(".numbers td small").allTextContents();
    const shown = cells.map((text) => Number(text.replaceAll(",", ""))).sort((a, b) => a - b);
    expect(shown).toEqual(results.map(({ misses }) => misses).sort((a, b) => a - b));
    await page.close();
  });

  test("saves the results and each figure as files that have the numbers of Node", async () => {
    const page = await playground.open(`#compare?trace=wordcount&${FEW}`);
    await press(page, "Run");
    await ended(page);
    const { results } = await compare(await openTrace(recording), few);
    const ratios = results.map(({ policy, frames, missRatio }) => ({
      policy,
      frames,
      missRatio,
      errorBar: "",
    }));
    const csvOf = (text: string) =>
      text
        .trim()
        .split("\n")
        .map((line) => line.split(","));
    const [head = [], ...lines] = csvOf(await savedBy(page, "Save CSV"));
    const column = (name: string) => lines.map((line) => line[head.indexOf(name)]);
    expect(column("policy")).toEqual(results.map(({ policy }) => policy));
    expect(column("misses").map(Number)).toEqual(results.map(({ misses }) => misses));
    // The first figure has the curves, as the reader chose them: all three policies.
    const key = ({ policy, frames }: { policy: string; frames: number }) => `${policy} ${frames}`;
    const byKey = (rows: typeof ratios) => [...rows].sort((a, b) => key(a).localeCompare(key(b)));
    const json = JSON.parse(await savedBy(page, "JSON"));
    expect(byKey(json)).toEqual(byKey(ratios));
    const [names = [], ...points] = csvOf(await savedBy(page, "CSV"));
    expect(names).toEqual(["policy", "frames", "missRatio", "errorBar"]);
    const drawn = points.map(([policy = "", frames, ratio]) => ({
      policy,
      frames: Number(frames),
      missRatio: Number(ratio),
      errorBar: "",
    }));
    expect(byKey(drawn)).toEqual(byKey(ratios));
    const svg = await savedBy(page, "SVG");
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
    for (const policy of few.policies) expect(svg).toMatch(new RegExp(`>[^<]*\\b${policy}\\b[^<]*</text>`));
    const png = await bytesSavedBy(page, "PNG");
    expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
    const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
    const [, wide, high] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
    expect([width, height]).toEqual([2 * Number(wide), 2 * Number(high)]);
    await page.close();
  });

  test("runs several traces together, each with its curves and its rows in the files", async () => {
    const page = await playground.open("#compare?policies=lru+fifo&frames=2,3");
    const texts = { "one.txt": "1 2 3 1 2 4 1 2 3", "two.txt": "5 6 5 7 5 8 5 6 5 7" };
    const files = await page.evaluateHandle((given) => {
      const data = new DataTransfer();
      for (const [name, text] of Object.entries(given)) data.items.add(new File([`${text}\n`], name));
      return data;
    }, texts);
    await page.locator(".drop").dispatchEvent("drop", { dataTransfer: files });
    await page.getByText("two.txt: references").waitFor();
    // A file of a name that is there already is another trace.
    await page
      .getByLabel("Traces of yours")
      .setInputFiles({ name: "one.txt", mimeType: "", buffer: Buffer.from("9 8 9 8 7 9 8 7 9\n") });
    await expect.poll(() => page.locator(".chosen li").count()).toBe(3);
    await press(page, "Run");
    await ended(page);
    const named = { ...texts, "one.txt (2)": "9 8 9 8 7 9 8 7 9" };
    const traces = Object.entries(named).map(([name, text]) =>
      openTrace(new TextEncoder().encode(text), { format: "references", name }),
    );
    const { results } = await compare(await Promise.all(traces), {
      policies: ["lru", "fifo"],
      frames: "2,3",
    });
    const rows = await rowsOf(page);
    expect(rows.map(({ trace }) => trace)).toEqual(results.map(({ trace }) => trace));
    expect(counts(rows)).toEqual(counts(results));
    const lines = (await savedBy(page, "Save CSV")).trim().split("\n").slice(1);
    expect(lines.map((line) => line.split(",")[0])).toEqual(results.map(({ trace }) => trace));
    // The trace that is shown is chosen; its table has its misses.
    const shown = async (name: string) => {
      await page
        .getByRole("list", { name: "Traces of the results" })
        .getByText(name, { exact: true })
        .click();
      await page.getByRole("heading", { level: 2, name, exact: true }).waitFor();
      const cells = await page.locator(".numbers td small").allTextContents();
      return cells.map(Number).sort((a, b) => a - b);
    };
    for (const name of Object.keys(named).toReversed()) {
      const misses = results.filter(({ trace }) => trace === name).map((row) => row.misses);
      expect(await shown(name)).toEqual(misses.sort((a, b) => a - b));
    }
    await page.getByRole("button", { name: "Remove two.txt" }).click();
    await press(page, "Run");
    await ended(page);
    expect(new Set((await rowsOf(page)).map(({ trace }) => trace))).toEqual(
      new Set(["one.txt", "one.txt (2)"]),
    );
    await page.reload();
    await page.getByText("This address is about the files one.txt, one.txt: give them here.").waitFor();
    await page.close();
  });

  test("takes several examples from the address", async () => {
    const page = await playground.open(`#compare?trace=loop+phases&${FEW}`);
    await press(page, "Run");
    await ended(page);
    const traces = [
      generateTrace({ pattern: "loop", references: 200_000, pages: 1000 }),
      generateTrace({
        pattern: "working-set",
        references: 500_000,
        pages: 4000,
        setPages: 400,
        phases: 10,
      }),
    ];
    const { results } = await compare(traces, few);
    expect(counts(await rowsOf(page))).toEqual(counts(results));
    await page.close();
  });

  test("gives the counts of Node for a generated example", async () => {
    const page = await playground.open(`#compare?trace=zipf&${FEW}`);
    await press(page, "Run");
    await ended(page);
    const options = { references: 1_000_000, pages: 10_000, alpha: 0.9 } as const;
    const { results } = await compare(generateTrace({ pattern: "zipf", ...options }), few);
    expect(counts(await rowsOf(page))).toEqual(counts(results));
    await page.close();
  });

  test("reads a compressed file from the picker, and says how", async () => {
    const path = join(folder, "words.gz");
    await writeFile(path, gzipSync(await readFile(recording)));
    const page = await playground.open(`#compare?${FEW}`);
    await page.getByLabel("Traces of yours").setInputFiles(path);
    await page.getByText("words.gz: pagewalk, by content, gzip").waitFor();
    await press(page, "Run");
    await ended(page);
    const { results } = await compare(await openTrace(recording), few);
    expect(counts(await rowsOf(page))).toEqual(counts(results));
    // The address cannot hold the file, and asks for it again.
    await page.reload();
    await page.getByText("This address is about the file words.gz").waitFor();
    await page.close();
  });

  test("reads a file that is dropped on it", async () => {
    const page = await playground.open("#compare?policies=lru&frames=2");
    const files = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(["l 0x1000 1\ns 0x2000 1\nl 0x3000 1\nl 0x1000 1\n"], "mine.txt"));
      return data;
    });
    await page.locator(".drop").dispatchEvent("drop", { dataTransfer: files });
    await page.getByText("mine.txt: address, by content").waitFor();
    await press(page, "Run");
    await ended(page);
    expect(counts(await rowsOf(page))).toMatchObject([{ requests: 4, misses: 4, writebacks: 1 }]);
    await page.close();
  });

  test("draws the curves of what has run so far while it runs", async () => {
    const page = await playground.open("#compare?trace=wordcount&frames=1%25,2%25,3%25,4%25,5%25,6%25,7%25");
    await press(page, "All 37");
    await press(page, "Run");
    await page.getByText(/^Running: these are results of at most the first [\d,]+ references/).waitFor();
    await page.locator("[data-figure=curves] canvas").waitFor();
    await press(page, "Cancel");
    await ended(page, "Stopped");
    await expect.poll(() => page.getByText(/^Running: these/).count()).toBe(0);
    await page.close();
  });

  test("keeps finished rows when it is cancelled, and can run again", async () => {
    const page = await playground.open("#compare?trace=wordcount&frames=1%25,2%25,3%25,4%25,5%25,6%25,7%25");
    await press(page, "All 37");
    await press(page, "Run");
    await page.getByRole("progressbar").waitFor();
    await press(page, "Cancel");
    await ended(page, "Stopped");
    const [kept] = /\d+/.exec((await status(page).textContent()) ?? "") ?? [];
    expect(Number(kept)).toBeLessThan(7 * 37);
    await page.getByLabel("Frames").fill("10");
    await press(page, "None");
    await page.getByLabel("fifo", { exact: true }).check();
    await press(page, "Run");
    await ended(page);
    const { results } = await compare(await openTrace(recording), { policies: "fifo", frames: "10" });
    expect(counts(await rowsOf(page))).toEqual(counts(results));
    await page.close();
  });

  test("puts the fault of an option beside its field, and the fault of a trace below it", async () => {
    const page = await playground.open("#compare?trace=loop&policies=lru&frames=many");
    await press(page, "Run");
    const message = await compare(generateTrace({ pattern: "loop", references: 10 }), {
      policies: "lru",
      frames: "many",
    }).catch((error: Error) => error.message);
    const fault = page.locator("#frames-fault");
    await fault.waitFor();
    expect(message).toBe(`frames: ${await fault.textContent()}`);
    expect(await page.getByLabel("Frames").getAttribute("aria-invalid")).toBe("true");
    await page.getByLabel("Frames").fill("2");
    await page.getByLabel("Or a reference string").fill("1 two? 3");
    await press(page, "Run");
    await page.getByRole("alert").filter({ hasText: "two" }).waitFor();
    const other = await playground.open("#compare?trace=toString");
    const missing = 'there is no example "toString"; there are wordcount, zipf, loop, phases';
    await other.getByRole("alert").filter({ hasText: missing }).waitFor();
    await other.close();
    await page.close();
  });

  test("has its state in the address", async () => {
    const page = await playground.open("#compare?requests=1+2+3&policies=fifo&frames=2&only=data");
    expect(await page.getByLabel("Or a reference string").inputValue()).toBe("1 2 3");
    await page.getByLabel("2q", { exact: true }).check();
    await page.getByText("Parameters", { exact: true }).click();
    await page.getByLabel("kin", { exact: true }).fill("0.5");
    await page.getByLabel("kin", { exact: true }).blur();
    await page.getByLabel("Frames").fill("2,3");
    await page.getByLabel("Frames").blur();
    const expected = "#compare?requests=1+2+3&policies=fifo+2q%3Akin%3D0.5&frames=2%2C3&only=data";
    await page.waitForFunction((hash) => location.hash === hash, expected);
    const again = await playground.open(expected);
    await press(again, "Run");
    await ended(again);
    expect((await rowsOf(again)).map(({ policy, frames }) => `${policy} ${frames}`)).toEqual([
      "fifo 2",
      "2q:kin=0.5 2",
      "fifo 3",
      "2q:kin=0.5 3",
    ]);
    await page.close();
    await again.close();
  });

  test("works by keys alone", async () => {
    const page = await playground.open("#compare?policies=lru&frames=3");
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    for (let n = 0; n < 20 && !(await focused()).startsWith("Loop"); n++) await page.keyboard.press("Tab");
    expect(await focused()).toMatch(/^Loop/);
    await page.keyboard.press("Enter");
    await ended(page);
    await page.close();
  });

  test.each(["light", "dark"] as const)("is accessible in %s, from phone to wide screen", async (scheme) => {
    const page = await playground.open(`#compare?requests=1+2+3+1&${FEW}`, { colorScheme: scheme });
    await press(page, "Run");
    await ended(page);
    for (const width of [390, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await faultsOf(page)).toEqual([]);
    }
    await page.close();
  });

  test("is light or dark as the system has it, or as the reader chooses", async () => {
    const page = await playground.open("", { colorScheme: "dark" });
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await paper();
    await page.getByLabel("Theme").selectOption("light");
    const light = await paper();
    expect(light).not.toBe(dark);
    await page.reload();
    expect(await paper()).toBe(light);
    await page.getByLabel("Theme").selectOption("auto");
    expect(await paper()).toBe(dark);
    await page.close();
  });
});
