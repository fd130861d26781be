/** The playground's view Process: its answers and states are those of `pagewalk run`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pagewalk } from "../cli/command.js";
import { zstdStored } from "../trace/compressed.js";
import { describePlayground, faultsOf, press } from "./playground.js";

const fileOf = (id: string) => fileURLToPath(new URL(`../../examples/${id}.calls`, import.meta.url));
const logOf = (id: string) => readFileSync(fileOf(id), "utf8");

interface CommandResult {
  calls: number;
  checked: number;
  matched: number;
  signals: { line: number; signal: string }[];
  process: { residentBytes: number; faults: { minor: number; major: number } };
  show: Record<string, unknown>[];
}

/** What the command prints, with the options in the log's header. */
async function command(id: string, show: string, input = logOf(id)): Promise<CommandResult> {
  const [, options = ""] = /^# {3}pagewalk run \S+(.*?)(?: --show.*)?$/m.exec(input) ?? [];
  const given = options.split(" ").filter((one) => one !== "" && one !== "--quiet" && one !== "--verify");
  const args = ["run", "-", "--verify", "--json", "--quiet", ...given, "--show", show];
  const { stdout, stderr } = await pagewalk(args, { input });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

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
  const settled = (page: Page) => page.locator(".state[aria-busy=false]").waitFor();
  const open = async (hash: string, options = {}) => {
    const page = await playground.open(hash, options);
    await settled(page);
    return page;
  };
  const isAt = async (page: Page, at: number) => {
    await page
      .locator(".place")
      .filter({ hasText: new RegExp(`^Call${at} of`) })
      .waitFor();
    await settled(page);
  };
  const content = (page: Page) => page.getByRole("textbox", { name: "Call log" });
  const type = async (page: Page, text: string) => {
    await content(page).press("ControlOrMeta+End");
    await page.keyboard.insertText(text);
  };
  /** The text of the state, the place and the last call's effects included. */
  const textOf = (page: Page) => page.locator(".state").innerText();
  const outcome = (page: Page, text: string | RegExp) =>
    page.locator(".outcome").filter({ hasText: text }).waitFor();

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
    // A long line takes several presses, one for each of its rows.
    const line = page.locator(".cm-lineNumbers .cm-activeLineGutter");
    while ((await line.textContent()) !== "19") await page.keyboard.press("ArrowDown");
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

  test("runs a log that is edited to a segmentation fault", async () => {
    const page = await open("#process?example=process%2Fanonymous-mapping");
    await type(page, "\nstore(16, 4)");
    await outcome(
      page,
      "SIGSEGV SEGV_MAPERR at 0x10: nothing is mapped there: a null pointer; it ended process",
    );
    await page.getByText("The process has ended").waitFor();
    const edited = `${logOf("process/anonymous-mapping")}\nstore(16, 4)`;
    const { signals } = await command("process/anonymous-mapping", "signals", edited);
    expect(signals.at(-1)).toMatchObject({ line: edited.split("\n").length, signal: "SIGSEGV" });
    await content(page).press("ControlOrMeta+z");
    await page.getByText("The process has ended").waitFor({ state: "detached" });
    await page.close();
  });

  test("marks the line of an error, with the command's words", async () => {
    const page = await open("#process?log=p+%3D+malloc%2840%29");
    for (const line of ["mallok(8)", "munmap(q, 4096)", "mmap(NULL, 4096"]) {
      await type(page, `\n${line}`);
      const { stderr } = await pagewalk(["run", "-"], { input: `p = malloc(40)\n${line}` });
      const [, words = "nothing"] = /^pagewalk: [^:]*:2: (.*)$/m.exec(stderr) ?? [];
      await page
        .locator(".log .fault")
        .filter({ hasText: `line 2: ${words}` })
        .waitFor();
      await page.locator(".cm-lint-marker-error").waitFor();
      for (let n = 0; n <= line.length; n++) await page.keyboard.press("Backspace");
      await page.locator(".cm-lint-marker-error").waitFor({ state: "detached" });
    }
    await page.close();
  });

  test("completes calls and their flags", async () => {
    const page = await open("#process?log=p+%3D+malloc%2840%29");
    await type(page, "\n");
    await page.keyboard.type("mprot");
    await page
      .locator(".cm-tooltip-autocomplete li[aria-selected]")
      .filter({ hasText: "mprotect" })
      .waitFor();
    // CodeMirror takes no key until the list has been there for a moment.
    await page.waitForTimeout(150);
    await page.keyboard.press("Enter");
    await page.keyboard.type("p, 4096, PROT_R");
    await page
      .locator(".cm-tooltip-autocomplete li[aria-selected]")
      .filter({ hasText: "PROT_READ" })
      .waitFor();
    await page.waitForTimeout(150);
    await page.keyboard.press("Enter");
    await page.keyboard.type(")");
    await page.locator(".cm-line").filter({ hasText: "mprotect(p, 4096, PROT_READ)" }).waitFor();
    await page.close();
  });

  test.each(["picked", "dropped"])("opens a log that is %s", async (how) => {
    const { checked, matched } = await command("process/regions", "signals");
    const bytes = readFileSync(fileOf("process/regions"));
    const page = await open("#process?log=brk(0)");
    if (how === "picked") {
      const file = { name: "log.gz", mimeType: "application/gzip", buffer: gzipSync(bytes) };
      await page.getByLabel("A log of yours").setInputFiles(file);
    } else {
      const data = await page.evaluateHandle(
        (content) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(content)], "log.zst"));
          return transfer;
        },
        [...zstdStored(bytes)],
      );
      await page.locator(".cm-content").dispatchEvent("drop", { dataTransfer: data });
    }
    const summary = `${matched} of ${checked} answers as the log has them`;
    await page.locator(".log [role=status]").filter({ hasText: summary }).waitFor();
    await settled(page);
    expect(page.url()).toContain("#process");
    await page.getByRole("button", { name: "Regions", pressed: true }).waitFor();
    await page.close();
  });

  test("refuses a file that is no call log, with the library's words", async () => {
    const page = await open("#process");
    const file = {
      name: "x.lackey",
      mimeType: "",
      buffer: Buffer.from(" L 1fff000758,8\n S 1fff000750,8\n"),
    };
    await page.getByLabel("A log of yours").setInputFiles(file);
    await page
      .locator(".log .fault")
      .filter({ hasText: "x.lackey: is a lackey trace, not a call log; give a log with one call a line" })
      .waitFor();
    await page.close();
  });

  test("shows the answers of the lines in view, wherever that is in a long log", async () => {
    const text = Array.from({ length: 6000 }, (_, n) => `p${n} = malloc(${16 + (n % 500)})\n`).join("");
    const { stdout } = await pagewalk(["run", "-", "--json", "--quiet", "--show", "calls"], {
      input: text,
    });
    const [{ calls }] = JSON.parse(stdout).show as [{ calls: { line: number; answer: string }[] }];
    const page = await open("#process");
    const file = { name: "long.calls", mimeType: "", buffer: Buffer.from(text) };
    await page.getByLabel("A log of yours").setInputFiles(file);
    await page.locator(".log [role=status]").filter({ hasText: "6,000 calls" }).waitFor();
    const answer = (n: number) =>
      page
        .locator(".answer")
        .filter({ hasText: new RegExp(`^${calls[n - 1]?.answer}`) })
        .first();
    await page.locator(".cm-scroller").evaluate((box) => box.scrollTo(0, 0));
    await answer(3).waitFor();
    await page.locator(".cm-scroller").evaluate((box) => box.scrollTo(0, box.scrollHeight / 2));
    await answer(3000).waitFor();
    await content(page).press("ControlOrMeta+End");
    await answer(6000).waitFor();
    // An edit at the start moves all answers.
    await content(page).press("ControlOrMeta+Home");
    await page.keyboard.insertText("store(16, 4)\n");
    await page.locator(".log [role=status]").filter({ hasText: "1 call," }).waitFor({ state: "detached" });
    await page.locator(".answer.signal").filter({ hasText: "SIGSEGV" }).waitFor();
    await page.close();
  });

  test.each([
    ["mmap", "changes or asks for regions of the process"],
    ["PROT_READ", "PROT_READ = 0x1; argument prot of mmap"],
    ["8192", "argument length of mmap"],
    ["q", "q: the result of line 1"],
    ["SEGV_MAPERR", "SEGV_MAPERR: no region contains the address"],
    ["ENOMEM", "ENOMEM: no memory, no addresses, or a limit is reached"],
  ])("tells what %s of a log is", async (word, about) => {
    const log =
      "q = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\nload(q + 65536) = SIGSEGV SEGV_MAPERR\nmlock(q, 4096) = -1 ENOMEM";
    const page = await open(`#process?log=${encodeURIComponent(log)}`);
    const place = await page.locator(".cm-content").evaluate((editor, text) => {
      const walker = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT);
      let found: DOMRect | undefined;
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const at = new RegExp(`\\b${text}\\b`).exec(node.textContent ?? "")?.index;
        if (at === undefined) continue;
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + text.length);
        // The last one: of a name its use.
        found = range.getBoundingClientRect();
      }
      return found && { x: found.x + found.width / 2, y: found.y + found.height / 2 };
    }, word);
    if (place === undefined) throw new Error(`no ${word}`);
    await page.mouse.move(place.x, place.y);
    await page.mouse.move(place.x + 1, place.y);
    await page.locator(".cm-about").filter({ hasText: about }).waitFor();
    await page.close();
  });

  test("tells of every part of the state", async () => {
    const page = await open("#process?example=heap%2Frealloc");
    const tip = page.getByRole("tooltip");
    for (const term of await page.locator(".state .term:visible").all()) {
      await term.hover();
      const about = await term.getAttribute("aria-description");
      expect(about?.length).toBeGreaterThan(10);
      await tip.filter({ hasText: about ?? "" }).waitFor();
    }
    // Values in the state are in terms or strips, or explained by the term before them.
    const told = await page.locator(".state .card :is(code, li, td, span):visible").evaluateAll((all) =>
      all
        .filter((one) => one.children.length === 0 && (one.textContent ?? "").trim() !== "")
        .filter((one) => one.closest(".term, .strip, .outcome, details") === null)
        .map((one) => one.textContent),
    );
    expect(told).toEqual([]);
    await page.close();
  });

  test("tells of what has the focus or the pointer", async () => {
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
