/** Reports as a reader opens them: a file, without network. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { reportHtml, reportPlots } from "pagewalk";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { details, HOSTILE, rows } from "../report/examples.js";
import { describeInBrowser, launch } from "./harness.js";

const POLICIES = [...[...Array(11).keys()].map((n) => `policy-${n}`), "opt"];
const results = rows(POLICIES, [4, 16, 64, 256]);
const FIGURES = ["curves", "policies", "over-time", "reuse", "working-set", "working-set-sizes", "addresses"];

describeInBrowser("a report in a browser", () => {
  let folder: string;
  let browser: Browser;
  /** Messages, errors, and requests for other files of the pages. */
  let trouble: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pagewalk-reports-"));
    browser = await launch();
  });
  afterEach(() => {
    expect(trouble).toEqual([]);
    trouble = [];
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function open(html: string, options: BrowserContextOptions = {}): Promise<Page> {
    const path = join(folder, "report.html");
    await writeFile(path, html);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
    const address = pathToFileURL(path).href;
    page.on("pageerror", (error) => trouble.push(error.message));
    page.on("console", (message) => trouble.push(message.text()));
    page.on("request", (request) => {
      const url = request.url();
      if (url !== address && !/^(data|blob):/.test(url)) trouble.push(`asks for ${url}`);
    });
    await page.goto(address);
    await page.waitForSelector("html.ready");
    return page;
  }

  const report = () => reportHtml({ results }, { traces: [details] });
  const chart = (page: Page, id: string) => page.locator(`[data-figure="${id}"] [data-chart]`);

  /** The number of colours on the figure's canvas. */
  async function colours(page: Page, id: string): Promise<number> {
    await chart(page, id).scrollIntoViewIfNeeded();
    await chart(page, id).locator("canvas").first().waitFor();
    return page.evaluate((figure) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`[data-figure="${figure}"] canvas`);
      const data = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return new Set(new Uint32Array(new Uint8Array(data).buffer)).size;
    }, id);
  }

  test("draws every figure, in light and in dark, wide and narrow", async () => {
    const html = await report();
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [1280, 390]) {
        const page = await open(html, { colorScheme, viewport: { width, height: 800 } });
        for (const id of FIGURES) expect(await colours(page, id), id).toBeGreaterThan(8);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow).toBeLessThanOrEqual(0);
        await page.close();
      }
    }
  });

  test("shows and hides policies by its legend, also with the keyboard", async () => {
    const page = await open(await report());
    const pressed = () => page.locator('.legend button[aria-pressed="true"]').allTextContents();
    expect(await pressed()).toEqual(["opt (bound)", ...POLICIES.slice(0, 8)]);
    const before = await chart(page, "curves").screenshot();
    await page.locator(".legend button", { hasText: "policy-0" }).focus();
    await page.keyboard.press("Enter");
    expect(await pressed()).not.toContain("policy-0");
    expect((await chart(page, "curves").screenshot()).equals(before)).toBe(false);
    await page.locator(".legend button", { hasText: "none" }).click();
    expect(await pressed()).toEqual([]);
    await page.locator(".legend button", { hasText: "all" }).click();
    expect(await pressed()).toHaveLength(POLICIES.length);
    await page.close();
  });

  test("shows the point under the pointer, and moves between points with the arrow keys", async () => {
    const page = await open(await report());
    await chart(page, "curves").hover();
    await page.locator(".tip", { hasText: "frames" }).waitFor();
    await colours(page, "reuse");
    await chart(page, "reuse").focus();
    await page.keyboard.press("ArrowRight");
    await page.locator(".tip", { hasText: "distance 1" }).waitFor();
    await page.keyboard.press("ArrowRight");
    await page.locator(".tip", { hasText: "distance 2–3" }).waitFor();
    await page.close();
  });

  test("follows the system's theme until the reader selects one", async () => {
    const page = await open(await report(), { colorScheme: "dark" });
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await paper();
    const button = page.locator("[data-theme-button]");
    await button.click();
    const light = await paper();
    expect(light).not.toBe(dark);
    await button.click();
    expect(await paper()).toBe(dark);
    await page.close();
  });

  test("saves a figure as SVG and PNG, its numbers as CSV and JSON", async () => {
    const page = await open(await report());
    for (const [kind, start] of [
      ["SVG", "<svg "],
      ["PNG", "\x89PNG"],
      ["CSV", "policy,frames,missRatio,errorBar\npolicy-0,4,"],
      ["JSON", '[\n  {\n    "policy": "policy-0",\n    "frames": 4,'],
    ] as const) {
      const saved = page.waitForEvent("download");
      await page.locator('[data-figure="curves"] button', { hasText: kind }).click();
      const download = await saved;
      expect(download.suggestedFilename()).toBe(`a.lackey-curves.${kind.toLowerCase()}`);
      expect((await readFile(await download.path(), "latin1")).startsWith(start)).toBe(true);
    }
    await page.close();
  });

  test("zooms into the range that is brushed in the bar below a figure, and keeps it", async () => {
    const page = await open(await report());
    const place = chart(page, "curves");
    await place.scrollIntoViewIfNeeded();
    await place.locator("canvas").first().waitFor();
    const picture = () => place.locator("canvas").first().screenshot();
    const whole = await picture();
    const { x, y, width, height } = (await place.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const bar = y + height - 12;
    await page.mouse.move(x + width * 0.4, bar);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.6, bar, { steps: 5 });
    await page.mouse.up();
    await page.mouse.move(0, 0);
    await expect.poll(async () => (await picture()).equals(whole)).toBe(false);
    const part = await picture();
    const hide = page.locator("[data-legend] button", { hasText: "policy-0" }).first();
    await hide.click();
    await hide.click();
    await page.mouse.move(0, 0);
    expect((await picture()).equals(part)).toBe(true);
    await page.close();
  });

  test("zooms into the range that is dragged in a figure, by keys too, and back", async () => {
    const page = await open(await report());
    const place = chart(page, "curves");
    await place.scrollIntoViewIfNeeded();
    await place.locator("canvas").first().waitFor();
    const picture = async () => {
      await page.mouse.move(0, 0);
      return (await place.locator("canvas").first().screenshot()).toString("base64");
    };
    const whole = await picture();
    const { x, y, width, height } = (await place.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(x + width * 0.4, y + height * 0.3);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.6, y + height * 0.4, { steps: 5 });
    await expect.poll(() => page.locator(".zoom-mark:visible").count()).toBe(1);
    await page.mouse.up();
    expect(await page.locator(".zoom-mark:visible").count()).toBe(0);
    await expect.poll(picture).not.toBe(whole);
    await page.mouse.dblclick(x + width * 0.5, y + height * 0.3);
    await expect.poll(picture).toBe(whole);
    await place.focus();
    const focused = await picture();
    await page.keyboard.press("+");
    await expect.poll(picture).not.toBe(focused);
    const zoomed = await picture();
    await page.keyboard.press("Shift+ArrowRight");
    await expect.poll(picture).not.toBe(zoomed);
    await page.keyboard.press("0");
    await expect.poll(picture).toBe(focused);
    await page.close();
  });

  test("does not run markup or scripts in names", async () => {
    const hostile = rows([HOSTILE, "lru"], [4, 16, 64], HOSTILE);
    const page = await open(await reportHtml({ results: hostile }, { title: "safe", traces: [details] }));
    for (const id of ["curves", "policies", "over-time"]) {
      await chart(page, id).scrollIntoViewIfNeeded();
      // The first of the rows, where a figure has rows.
      await chart(page, id).hover(id === "policies" ? { position: { x: 400, y: 62 } } : {});
      await page.locator(`[data-figure="${id}"] .tip`, { hasText: "onerror" }).waitFor();
    }
    expect(await page.title()).not.toBe("owned");
    expect(await page.locator("img").count()).toBe(0);
    await page.close();
  });

  test("prints with the light theme, with every figure, including those outside the window", async () => {
    const page = await open(await report(), { colorScheme: "dark" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect(await page.locator("[data-chart]:has(canvas)").count()).toBe(FIGURES.length);
    await page.close();
  });

  test("has plots that are well-formed SVG", async () => {
    const plots = await reportPlots({ results }, { traces: [details] });
    const page = await browser.newPage();
    const faults = await page.evaluate(
      (all) =>
        all.filter(({ svg }) => {
          const document = new DOMParser().parseFromString(svg, "image/svg+xml");
          return document.querySelector("parsererror") !== null || document.documentElement.tagName !== "svg";
        }),
      plots,
    );
    expect(faults).toEqual([]);
    expect(plots).toHaveLength(FIGURES.length);
    await page.close();
  });
});
