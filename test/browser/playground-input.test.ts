/** Inputs of the playground: files that a view cannot read, unknown names, an example, a printer. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describePlayground, faultsOf } from "./playground.js";

const HEIGHT = 600;

const file = (name: string, buffer: Buffer) => ({ name, mimeType: "", buffer });
const text = (name: string, content: string) => file(name, Buffer.from(content));
const binary = file(
  "picture.bin",
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]),
);

describePlayground("the playground's inputs", (playground) => {
  const alert = (page: Page, words: string) => page.getByRole("alert").filter({ hasText: words }).waitFor();

  test.each([
    ["compare", "file", binary, "picture.bin: no known trace format"],
    ["compare", "file", text("empty", ""), "empty: is empty; give a trace that has references"],
    ["machine", "machine-file", binary, "picture.bin: no known trace format"],
    ["machine", "machine-file", text("log", "p = malloc(40)\n"), "log: has no references"],
    ["race", "race-file", text("empty", ""), "empty: is empty; give a trace that has references"],
    ["race", "race-file", text("log", "p = malloc(40)\n"), "log: has no references"],
    ["process", "log-file", binary, "picture.bin: has control characters in line 2, so it is not text"],
  ])("%s refuses a wrong file in #%s, and keeps what it had", async (view, id, given, words) => {
    const page = await playground.open(`#${view}`);
    await page.locator(`#${id}`).waitFor();
    const place = page.locator(".place");
    if (view !== "compare") await place.filter({ hasText: /of [1-9]/ }).waitFor();
    const before = view === "compare" ? "" : await place.textContent();
    await page.locator(`#${id}`).setInputFiles(given);
    await alert(page, words);
    if (view === "compare") {
      await page.locator(".running").filter({ hasText: "A trace cannot be read" }).waitFor();
      expect(await page.getByRole("button", { name: "Run", exact: true }).isDisabled()).toBe(true);
      await page.getByRole("button", { name: `Remove ${given.name}` }).click();
      await page.getByText("No trace is chosen.").waitFor();
    } else expect(await place.textContent()).toBe(before);
    await page.close();
  });

  test("reads csv by the columns that are named, in each view", async () => {
    const table = text("table.csv", "1,70\n2,71\n3,72\n1,70\n");
    for (const [view, id] of [
      ["compare", "file"],
      ["race", "race-file"],
    ] as const) {
      const page = await playground.open(`#${view}`);
      await page.locator(`#${id}`).setInputFiles(table);
      await page.getByLabel("Columns of csv").fill("page=2");
      await page.getByLabel("Columns of csv").press("Tab");
      if (view === "compare") await page.locator(".chosen").filter({ hasText: "csv page=2" }).waitFor();
      else await expect.poll(() => page.locator("#requests").inputValue()).toBe("70 71 72 70");
      await page.close();
    }
  });

  test.each([
    ["#nonsense", "names the view “nonsense”, which does not exist; “compare” is shown"],
    ["#machine?example=none", "names the example “none”, which does not exist; “array” is shown"],
    ["#race?example=none", "names the example “none”, which does not exist; “textbook” is shown"],
    ["#process?example=none", "names the example “none”, which does not exist; “process/regions” is shown"],
  ])("an address with an unknown name says so: %s", async (hash, words) => {
    const page = await playground.open(hash);
    await alert(page, words);
    expect(await faultsOf(page)).toEqual([]);
    await page.getByRole("link", { name: "Solve an exercise" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    await page.close();
  });

  test("an example leads to its results, and all of its figures are printed", async () => {
    const page = await playground.open("#compare", { viewport: { width: 1280, height: HEIGHT } });
    await page.getByRole("button", { name: /^Loop/ }).click();
    await page.locator(".running").filter({ hasText: "done" }).waitFor();
    const running = page.locator(".running");
    const placeOfRun = () => running.evaluate((run) => run.getBoundingClientRect().bottom);
    // It may be above the middle only if the page is long enough below it by then.
    await expect.poll(placeOfRun).toBeLessThan(HEIGHT);
    expect((await placeOfRun()) + (await page.evaluate(() => scrollY))).toBeGreaterThan(HEIGHT);
    const charts = page.locator(".results [data-chart]");
    const drawn = page.locator(".results [data-chart]:has(canvas)");
    await drawn.first().waitFor();
    const count = await charts.count();
    await page.pdf();
    await expect.poll(() => drawn.count()).toBe(count);
    await page.close();
  });
});
