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
      /** The most colours that each canvas has had. */
      const drawings = new Map<CanvasRenderingContext2D, number>();
      const original = HTMLCanvasElement.prototype.getContext;
      Object.assign(HTMLCanvasElement.prototype, {
        getContext(this: HTMLCanvasElement) {
          const context = original.call(this, "2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
          if (!drawings.has(context)) drawings.set(context, 0);
          return context;
        },
      });
      const before = document.documentElement.outerHTML;
      for await (const _ of rehearsal()) {
        for (const [context, most] of drawings) {
          const { width, height } = context.canvas;
          const { data } = context.getImageData(0, 0, width, height);
          drawings.set(context, Math.max(most, new Set(new Uint32Array(data.buffer)).size));
        }
      }
      Object.assign(HTMLCanvasElement.prototype, { getContext: original });
      const isSame = document.documentElement.outerHTML === before;
      return { shown, isSame, coloursOfDrawings: [...drawings.values()] };
    });
    expect(seen.shown).toBeGreaterThan(0);
    // The background, the three policies, the axes and their text. Canvases that measure texts stay empty.
    expect(seen.coloursOfDrawings.filter((colours) => colours > 5)).toHaveLength(seen.shown);
    expect(seen.isSame).toBe(true);
    await page.close();
  });
});
