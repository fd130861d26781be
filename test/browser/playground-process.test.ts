/** The playground's view Process: its answers and states are those of `pagewalk run`. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pagewalk } from "../cli/command.js";
import { describePlayground, faultsOf, press } from "./playground.js";
import { command, content, fileOf, isAt, openProcess, outcome, settled, type } from "./process-view.js";

/** The regions that the page shows, as lines. */
const regionsOf = (page: Page) =>
  page
    .locator(".region")
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll("code")].map(({ textContent }) => textContent).join(" ")),
    );

interface Maps {
  regions: { start: string; end: string; permissions: string }[];
}

const linesOf = ({ regions }: Maps) =>
  regions.map(({ start, end, permissions }) => `${permissions} ${start}–${end}`);

describePlayground("the playground's Process", (playground) => {
  const open = (hash: string, options = {}) => openProcess(playground, hash, options);
  /** The text of the state, the place and the last call's effects included. */
  const textOf = (page: Page) => page.locator(".state").innerText();

  test.each(["process/regions", "process/thrashing", "heap/realloc", "heap/arenas"])(
    "runs %s as the command does",
    async (id) => {
      const expected = await command(id, "calls");
      const page = await open(`#process?example=${encodeURIComponent(id)}`);
      const { checked, matched } = expected;
      const summary = page.locator(".log [role=status]");
      expect(await summary.innerText()).toContain(`${matched} of ${checked} answers as the log has them`);
      const [list] = expected.show as unknown as { calls: { line: number; answer: string }[] }[];
      const total = Number(await page.locator(".place input").getAttribute("max"));
      const shown = new Map<number, string>();
      for (let at = 1; at <= total; at++) {
        await page.locator(".place input").fill(`${at}`);
        await isAt(page, at);
        const text = (await page.locator(".outcome").textContent()) ?? "";
        const [, line, answer] = /^Line (\d+).*: (?:answer (.*?)|no answer)(?:; .*)?\.$/.exec(text) ?? [];
        // The reason of a signal follows it.
        if (answer !== undefined) shown.set(Number(line), answer.replace(/^(SIG\w+ \w+) at .*/, "$1"));
      }
      expect([...shown]).toEqual(list?.calls.map(({ line, answer }) => [line, answer]));
      await page.close();
    },
  );

  test("shows the regions that the command shows before a line", async () => {
    const lines = [11, 19, 25, 30];
    const shows = (await command("process/regions", lines.map((line) => `maps@${line}`).join(","))).show;
    const page = await open("#process?example=process%2Fregions&at=0");
    const calls = [1, 5, 9, 12];
    for (const [n, at] of calls.entries()) {
      await page.locator(".place input").fill(`${at}`);
      await isAt(page, at);
      expect(await regionsOf(page)).toEqual(linesOf(shows[n] as unknown as Maps));
    }
    await page.close();
  });

  test("shows the chunks that the command shows before a line", async () => {
    const [shown] = (await command("heap/realloc", "heap@20")).show;
    const { chunks } = (shown as { heap: { chunks: { address: string; bytes: number; state: string }[] } })
      .heap;
    const page = await open("#process?example=heap%2Frealloc");
    await content(page).press("ControlOrMeta+Home");
    for (let line = 1; line < 19; line++) await page.keyboard.press("ArrowDown");
    await settled(page);
    await page.getByText("chunks in a table").click();
    const rows = await page
      .locator("[aria-label='Chunks in a table'] tbody tr")
      .evaluateAll((all) => all.map((row) => [...row.children].map(({ textContent }) => textContent)));
    expect(rows.map((row) => row.slice(0, 3))).toEqual(
      chunks.map(({ address, bytes, state }) => [address, bytes.toLocaleString("en-US"), state]),
    );
    await page.close();
  });

  test("steps forward, and back to the same state", async () => {
    const page = await open("#process?example=process%2Fthrashing&at=0");
    const seen: string[] = [];
    for (let at = 1; at <= 14; at++) {
      await press(page, "Step");
      await isAt(page, at);
      seen.push(await textOf(page));
    }
    expect(new Set(seen).size).toBe(seen.length);
    for (let at = 13; at >= 1; at--) {
      await press(page, "Back");
      await isAt(page, at);
      expect(await textOf(page)).toBe(seen[at - 1]);
    }
    await page.close();
  });

  test("runs to the next fault, mismatch and signal", async () => {
    const log =
      "p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\nload(p) = ok\nmunmap(p, 1) = -1 EINVAL\nload(p)";
    const page = await open(`#process?log=${encodeURIComponent(log)}&at=0`);
    for (const [target, line] of [
      ["fault", 2],
      ["mismatch", 3],
      ["signal", 4],
    ] as const) {
      await press(page, target);
      await outcome(page, new RegExp(`^Line ${line} `));
    }
    await outcome(page, /SIGSEGV SEGV_MAPERR at 0x/);
    await page.getByText("The process has ended").waitFor();
    await page.close();
  });

  test("explains every part of the state", async () => {
    const page = await open("#process?example=heap%2Frealloc");
    const tip = page.getByRole("tooltip");
    for (const term of await page.locator(".state .term:visible").all()) {
      await term.hover();
      const about = await term.getAttribute("aria-description");
      expect(about?.length).toBeGreaterThan(10);
      await tip.filter({ hasText: about ?? "" }).waitFor();
    }
    // Values in the state are in terms or strips, or explained by the term before them.
    const unexplained = await page
      .locator(".state .card :is(code, li, td, span):visible")
      .evaluateAll((all) =>
        all
          .filter((one) => one.children.length === 0 && (one.textContent ?? "").trim() !== "")
          .filter((one) => one.closest(".term, .strip, .outcome, details") === null)
          .map((one) => one.textContent),
      );
    expect(unexplained).toEqual([]);
    await page.close();
  });

  test("explains the part that has the focus or the pointer", async () => {
    const page = await open("#process?example=process%2Flock-for-secrecy");
    const tip = page.getByRole("tooltip");
    const strip = page.locator(".regions .strip").first();
    await strip.focus();
    await page.keyboard.press("Home");
    const first = await tip.innerText();
    expect(first).toMatch(/^4 pages from 0x[\da-f]+: 4 in swap/);
    expect(await strip.getAttribute("aria-valuetext")).toBe(first);
    await page.keyboard.press("ArrowRight");
    expect(await tip.innerText()).not.toBe(first);
    await page.keyboard.press("Escape");
    await tip.waitFor({ state: "detached" });
    await page.locator(".legend-of-pages .term").filter({ hasText: "locked" }).hover();
    await tip.filter({ hasText: "mlock" }).waitFor();
    await page.close();
  });

  test("has its state in the address", async () => {
    const page = await open("#process?log=p+%3D+malloc%2840%29%0Afree%28p%29&allocator=musl&at=1");
    await outcome(page, /^Line 1 /);
    await page.getByRole("heading", { name: "Heap musl" }).waitFor();
    await press(page, "Step");
    await isAt(page, 2);
    await type(page, "\nmalloc(8)");
    await isAt(page, 3);
    await page.reload();
    await settled(page);
    await outcome(page, /^Line 3 malloc\(8\)/);
    await page.locator(".cm-line").filter({ hasText: "malloc(8)" }).waitFor();
    await page.close();
  });

  test("keeps an edited log beside the other views, and takes an example at a press", async () => {
    const page = await open("#process");
    await type(page, "\nmalloc(8)");
    await outcome(page, /^Line \d+ malloc\(8\)/);
    await page.getByRole("link", { name: "Step through a machine" }).click();
    await page.getByRole("heading", { name: "Step through a machine" }).waitFor();
    await page.getByRole("link", { name: "Run a process" }).click();
    await outcome(page, /^Line \d+ malloc\(8\)/);
    await page.locator(".cm-line").filter({ hasText: "malloc(8)" }).waitFor();
    await press(page, "Regions");
    await page.locator(".cm-line").filter({ hasText: "malloc(8)" }).waitFor({ state: "detached" });
    await outcome(page, /^Line 34 alloca/);
    await page.close();
  });

  test("shows a fault of an option beside its field", async () => {
    const page = await open("#process");
    await page.getByText("System", { exact: true }).click();
    await page.getByLabel("Memory").fill("1KiB?");
    await page.getByLabel("Memory").blur();
    await page.locator("#memory-fault").waitFor();
    const { stderr } = await pagewalk(["run", fileOf("process/regions"), "--memory", "1KiB?"]);
    expect(stderr.trim()).toBe(`pagewalk: --memory: ${await page.locator("#memory-fault").textContent()}`);
    await page.getByLabel("Memory").fill("");
    await page.getByLabel("Memory").blur();
    await page.locator("#memory-fault").waitFor({ state: "detached" });
    await page.close();
  });

  test.each(["light", "dark"] as const)("is accessible in %s, from phone to wide screen", async (scheme) => {
    for (const id of ["process/lock-for-secrecy", "heap/fragmentation"]) {
      const page = await open(`#process?example=${encodeURIComponent(id)}`, { colorScheme: scheme });
      for (const width of [390, 1280, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        expect(await faultsOf(page)).toEqual([]);
      }
      await page.close();
    }
  });
});
