/** The playground's view Race: each step shows what `compareSteps` gives in Node. */
import { compareSteps, openTrace, readReferences } from "pagewalk";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { describePlayground, faultsOf, press } from "./playground.js";

const recording = new URL("../../examples/wordcount/wordcount.pagewalk", import.meta.url);

/** The rows of Node for a reference string. */
async function stepped(requests: string, policies: string[], frames: string) {
  const trace = await openTrace(new TextEncoder().encode(requests), { format: "references" });
  return (await compareSteps(trace, { policies, frames })).results;
}

/** The texts of each lane, pages by frame and misses; and the line of hits and misses of each policy. */
async function shownBy(page: Page) {
  return page.evaluate(() => {
    const texts = (root: ParentNode, selector: string) =>
      [...root.querySelectorAll(selector)].map(({ textContent }) => textContent ?? "");
    const lanes = [...document.querySelectorAll(".lane")].map((lane) => ({
      frames: texts(lane, ".frame > :nth-child(2)"),
      misses: Number.parseInt(lane.querySelector("p")?.textContent ?? "", 10),
      outcome: lane.querySelector(".outcome")?.textContent ?? "",
    }));
    const lines = [...document.querySelectorAll(".race tbody tr")].map((row) => texts(row, "td").join(""));
    return { lanes, lines };
  });
}

function expectedAt(rows: Awaited<ReturnType<typeof stepped>>, at: number) {
  const lanes = rows.map(({ steps, frames }) => {
    const step = steps[at - 1];
    const held = step?.frames ?? Array.from({ length: frames }, () => null);
    const victim = step?.victim == null ? "" : `, evicts page ${step.victim}`;
    return {
      frames: held.map((page) => page ?? "free"),
      misses: steps.slice(0, at).filter(({ hit }) => !hit).length,
      outcome:
        step === undefined ? "no request yet" : `page ${step.page}: ${step.hit ? "hit" : "miss"}${victim}`,
    };
  });
  const lines = rows.map(({ steps }) =>
    steps
      .slice(0, at)
      .map(({ hit }) => (hit ? "H" : "M"))
      .join(""),
  );
  return { lanes, lines };
}

describePlayground("the playground's Race", (playground) => {
  const isAt = (page: Page, at: number, total: number) =>
    page
      .locator(".place")
      .filter({ hasText: `Request${at} of ${total}` })
      .waitFor();

  test("shows the steps of Node, forward and back", async () => {
    const requests = "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1";
    const rows = await stepped(requests, ["fifo", "lru", "clock", "opt"], "3");
    const page = await playground.open("#race");
    const total = requests.split(" ").length;
    await isAt(page, 0, total);
    for (const [move, at] of [
      ["Step", 1],
      ["End", total],
      ["Back", total - 1],
      ["Back", total - 2],
      ["Start", 0],
    ] as const) {
      await press(page, move);
      await isAt(page, at, total);
      expect(await shownBy(page)).toEqual(expectedAt(rows, at));
    }
    const misses = rows.map((row) => row.misses);
    expect([misses[0], misses[1], misses[3]]).toEqual([15, 12, 9]); // Silberschatz et al., 9.4
    await page.close();
  });

  test("runs to the next difference and to the next miss", async () => {
    const policies = ["lru", "2q:kin=0.5"];
    const requests = "1 2 1 2 1 2 10 11 12 13 1 2 1 2 14 15 16 17 1 2 1 2";
    const rows = await stepped(requests, policies, "4");
    const total = requests.split(" ").length;
    const page = await playground.open(`#race?example=scan&policies=${policies.join("+")}`);
    await isAt(page, 0, total);
    const next = (from: number, isWanted: (hits: (boolean | undefined)[]) => boolean) => {
      for (let at = from; at < total; at++) {
        if (isWanted(rows.map(({ steps }) => steps[at]?.hit))) return at + 1;
      }
      return total;
    };
    const difference = next(0, (hits) => new Set(hits).size > 1);
    await press(page, "Difference");
    await isAt(page, difference, total);
    expect(difference).toBeLessThan(total);
    await press(page, "Miss");
    await isAt(
      page,
      next(difference, (hits) => hits.includes(false)),
      total,
    );
    await page.close();
  });

  test("has a lane for each policy and number of frames", async () => {
    const requests = "1 2 3 4 1 2 5 1 2 3 4 5";
    const page = await playground.open("#race?example=belady&policies=fifo+lru&frames=3,4&at=12");
    await isAt(page, 12, 12);
    expect(await page.locator(".lane h3").allTextContents()).toEqual([
      "fifo, 3 frames",
      "lru, 3 frames",
      "fifo, 4 frames",
      "lru, 4 frames",
    ]);
    expect(await shownBy(page)).toEqual(expectedAt(await stepped(requests, ["fifo", "lru"], "3,4"), 12));
    await page.close();
  });

  test("takes the first requests of a trace that is dropped, or of the recording", async () => {
    const page = await playground.open("#race");
    await isAt(page, 0, 20);
    const text = Array.from({ length: 150 }, (_, n) => [
      ` L ${((n % 7) * 4096 + 0x10ff0).toString(16)},8`,
      ` S ${((n % 5) * 4096 + 0x40ffc).toString(16)},8`,
    ]).flat();
    const files = await page.evaluateHandle(
      (lines) => {
        const data = new DataTransfer();
        data.items.add(new File([lines], "mine.txt"));
        return data;
      },
      `${text.join("\n")}\n`,
    );
    await page.locator(".drop").dispatchEvent("drop", { dataTransfer: files });
    await isAt(page, 0, 200);
    // A store at 0x…ffc crosses into the next page.
    const touched = Array.from({ length: 150 }, (_, n) => [0x10 + (n % 7), 0x40 + (n % 5), 0x41 + (n % 5)]);
    const expected = touched.flat().slice(0, 200).join(" ");
    expect(await page.getByLabel("Page numbers").inputValue()).toBe(expected);
    await press(page, "End");
    await isAt(page, 200, 200);
    const rows = await stepped(expected, ["fifo", "lru", "clock", "opt"], "3");
    expect(await shownBy(page)).toEqual(expectedAt(rows, 200));
    await press(page, "Word count");
    await isAt(page, 0, 200);
    const pages = (await page.getByLabel("Page numbers").inputValue()).split(" ");
    const first: string[] = [];
    for await (const { addresses, sizes } of readReferences(await openTrace(recording))) {
      for (const [n, address] of addresses.entries()) {
        for (let at = address >> 12n; at <= (address + BigInt(sizes[n] ?? 1) - 1n) >> 12n; at++) {
          if (first.at(-1) !== `${at}`) first.push(`${at}`);
        }
      }
      if (first.length >= 200) break;
    }
    expect(pages).toEqual(first.slice(0, 200));
    await page.close();
  });

  test("says what is wrong with a file that is no trace", async () => {
    const page = await playground.open("#race");
    await page
      .locator("#race-file")
      .setInputFiles({ name: "x.bin", mimeType: "", buffer: Buffer.from("no trace at all\n") });
    await page.getByRole("alert").filter({ hasText: "x.bin" }).waitFor();
    await expect.poll(() => page.locator(".lane").count()).toBe(4);
    await page.close();
  });

  test("shows faults as one line, and has its state in the address", async () => {
    const page = await playground.open("#race?requests=1+two%3F+3");
    await page.getByRole("alert").filter({ hasText: "two" }).waitFor();
    expect(await page.locator(".lane").count()).toBe(0);
    await page.getByLabel("Page numbers").fill("1 2 3");
    await page.locator("#frames").fill("many");
    await page.locator("#frames").blur();
    await page.locator("#frames-fault").waitFor();
    await page.locator("#frames").fill("2");
    await page.locator("#frames").blur();
    await page.getByLabel("Lane 4").selectOption("");
    await isAt(page, 0, 3);
    await press(page, "Step");
    await page.waitForFunction(
      (hash) => location.hash === hash,
      "#race?requests=1+2+3&frames=2&policies=fifo+lru+clock&at=1",
    );
    await page.reload();
    await isAt(page, 1, 3);
    await expect.poll(() => page.locator(".lane").count()).toBe(3);
    // The parameters of a view are none of another's.
    await page.getByRole("link", { name: "Compare policies" }).click();
    await page.getByRole("heading", { name: "Compare page-replacement policies" }).waitFor();
    expect(await page.locator("#frames").inputValue()).toBe("1%,2%,5%,10%,20%,40%");
    await page.close();
  });

  test.each(["light", "dark"] as const)("is accessible in %s, from phone to wide screen", async (scheme) => {
    const page = await playground.open("#race?at=14", { colorScheme: scheme });
    await page.locator(".lane").first().waitFor();
    for (const width of [390, 1280, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      expect(await faultsOf(page)).toEqual([]);
    }
    await page.close();
  });
});
