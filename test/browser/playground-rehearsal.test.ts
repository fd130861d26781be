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
    const seen = await report.evaluate(({ rehearsal }) => {
      const shown = document.querySelectorAll("[data-figure]").length;
      const coloursOfDrawings: number[] = [];
      const original = HTMLCanvasElement.prototype.toDataURL;
      HTMLCanvasElement.prototype.toDataURL = function (...type) {
        const pixels = this.getContext("2d")?.getImageData(0, 0, this.width, this.height).data.buffer;
        coloursOfDrawings.push(new Set(new Uint32Array(pixels ?? new ArrayBuffer(0))).size);
        return original.apply(this, type);
      };
      const before = document.documentElement.outerHTML;
      for (const draw of rehearsal()) draw();
      HTMLCanvasElement.prototype.toDataURL = original;
      return { shown, coloursOfDrawings, isSame: document.documentElement.outerHTML === before };
    });
    expect(seen.shown).toBeGreaterThan(0);
    expect(seen.coloursOfDrawings).toHaveLength(seen.shown);
    // The background, the three policies, the axes and their text.
    for (const colours of seen.coloursOfDrawings) expect(colours).toBeGreaterThan(5);
    expect(seen.isSame).toBe(true);
    await page.close();
  });
});
