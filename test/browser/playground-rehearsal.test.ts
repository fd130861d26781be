/** The figures that the playground draws unseen, so that the first run draws its own faster. */
import { expect, test } from "vitest";
import { describePlayground, press } from "./playground.js";

type Report = typeof import("../../src/report/page/main.js");

describePlayground("the playground's rehearsal", (playground) => {
  test("draws each figure that a run shows, and changes nothing on the page", async () => {
    const page = await playground.open("#compare?trace=wordcount&policies=fifo+lru+clock&frames=5%25,20%25");
    await press(page, "Run");
    await page.locator(".running [role=status]").filter({ hasText: "done" }).waitFor();
    // Text, since vitest would replace the import in a function.
    const report = await page.evaluateHandle<Report>(
      "import(performance.getEntriesByType('resource').find(({ name }) => /\\/report-[^/]*[.]js$/.test(name)).name)",
    );
    const seen = await report.evaluate(async ({ rehearsal }) => {
      const shown = document.querySelectorAll("[data-figure]").length;
      const before = document.documentElement.outerHTML;
      const texts = new Map<HTMLCanvasElement, Set<string>>();
      const context = CanvasRenderingContext2D.prototype;
      const { fillText } = context;
      context.fillText = function (text, ...place) {
        const { canvas } = this;
        texts.set(canvas, (texts.get(canvas) ?? new Set()).add(text));
        return fillText.call(this, text, ...place);
      };
      for await (const _ of rehearsal());
      context.fillText = fillText;
      // A figure may have several canvases; one of them has the policies' names.
      const drawn = [...texts.values()].filter((all) =>
        ["fifo", "lru", "clock"].every((name) => all.has(name)),
      );
      return { shown, drawn: drawn.length, isSame: document.documentElement.outerHTML === before };
    });
    expect(seen.shown).toBeGreaterThan(0);
    expect(seen.drawn).toBe(seen.shown);
    expect(seen.isSame).toBe(true);
    await page.close();
  });
});
