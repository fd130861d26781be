/** The playground's view Exercise: its problems and answers are those of `pagewalk exercise`. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { pagewalk } from "../cli/command.js";
import { describePlayground, faultsOf, press } from "./playground.js";

interface CommandExercise {
  kind: string;
  seed: number;
  parts: { type: string; text?: string; lines?: string[]; head?: string[]; rows?: string[][] }[];
  questions: { prompt: string; answer: string; reason: string }[];
}

/** Returns the command's exercises. */
async function command(...args: string[]): Promise<CommandExercise[]> {
  const { stdout, stderr } = await pagewalk(["exercise", ...args, "--json"]);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout).exercises;
}

async function first(...args: string[]): Promise<CommandExercise> {
  const [exercise] = await command(...args);
  if (exercise === undefined) throw new Error("no exercise");
  return exercise;
}

describePlayground("the playground's Exercise", (playground) => {
  const open = async (hash: string, options = {}) => {
    const page = await playground.open(hash, options);
    await page.locator(".questions li").first().waitFor();
    return page;
  };
  const field = (page: Page, n: number) => page.locator(`#question-${n}`);
  const verdict = (page: Page, n: number) => page.locator(`#question-${n}-verdict`);
  const titled = (page: Page, title: string) =>
    page.getByRole("heading", { level: 3, name: title, exact: true }).waitFor();
  const prompts = (page: Page) => page.locator(".questions label").allInnerTexts();
  const score = (page: Page, right: number) =>
    page
      .locator(".score")
      .filter({ hasText: new RegExp(`^${right} of `) })
      .waitFor();
  /** The words of the problem, without blanks. */
  const problemOf = async (page: Page) =>
    ((await page.locator(".problem").textContent()) ?? "").replaceAll(/\s+/g, "");

  test.each([
    ["translate", "#exercise?kind=translate&seed=4", ["translate", "--seed", "4"]],
    [
      "tables of sv39",
      "#exercise?kind=translate&seed=2&arch=sv39",
      ["translate", "--seed", "2", "--arch", "sv39"],
    ],
    [
      "replace",
      "#exercise?kind=replace&seed=8&policy=opt&frames=4",
      ["replace", "--seed", "8", "--policy", "opt", "--frames", "4"],
    ],
    [
      "tlb",
      "#exercise?kind=tlb&seed=2&entries=4&length=6",
      ["tlb", "--seed", "2", "--entries", "4", "--length", "6"],
    ],
    ["allocate", "#exercise?kind=allocate&seed=4", ["allocate", "--seed", "4"]],
    ["fault", "#exercise?kind=fault&seed=5", ["fault", "--seed", "5"]],
  ])("%s is the command's, and its answers are right", async (_, hash, args) => {
    const { kind, seed, parts, questions } = await first(...args);
    const page = await open(hash);
    await titled(page, `${kind}, seed ${seed}`);
    const text = parts
      .map(({ text, lines, head, rows, ...rest }) => {
        const title = (rest as { title?: string }).title ?? "";
        return `${text ?? ""}${lines?.join("") ?? ""}${title}${head?.join("") ?? ""}${rows?.flat().join("") ?? ""}`;
      })
      .join("")
      .replaceAll(/\s+/g, "");
    expect(await problemOf(page)).toBe(text);
    expect(await prompts(page)).toEqual(questions.map(({ prompt }) => prompt));
    for (const [n, { answer }] of questions.entries()) {
      await field(page, n + 1).fill(answer);
      await verdict(page, n + 1)
        .filter({ hasText: "right" })
        .waitFor();
      await score(page, n + 1);
    }
    await page.close();
  });

  test("the answers are not in the page until they are shown", async () => {
    const { questions } = await first("allocate", "--seed", "4");
    const page = await open("#exercise?kind=allocate&seed=4");
    const reasons = questions.map(({ reason }) => reason);
    const shown = async () => {
      const content = await page.locator("main").innerText();
      return reasons.filter((reason) => content.includes(reason)).length;
    };
    expect(await shown()).toBe(0);
    expect(await page.content()).not.toContain("the free list was");
    for (let at = 1; at <= questions.length; at++) {
      await press(page, "Step");
      await page
        .locator(".place")
        .filter({ hasText: `${at} of` })
        .waitFor();
      expect(await shown()).toBe(at);
    }
    await press(page, "Back");
    await page
      .locator(".solution")
      .nth(questions.length - 1)
      .waitFor({ state: "detached" });
    await page.close();
  });

  test("says wrong after a pause, and what an answer is, to a screen reader too", async () => {
    const { questions } = await first("replace", "--seed", "8");
    const page = await open("#exercise?kind=replace&seed=8");
    const spoken = page.getByRole("status").filter({ hasText: /^Question/ });
    const wrong = questions[0]?.answer === "hit" ? "miss" : "hit";
    await field(page, 1).pressSequentially("mis");
    await field(page, 1).press("Tab");
    await verdict(page, 1).filter({ hasText: '"mis" cannot be an answer; give' }).waitFor();
    expect(await field(page, 1).getAttribute("aria-invalid")).toBe("true");
    await field(page, 1).fill(wrong);
    await verdict(page, 1).filter({ hasText: "wrong" }).waitFor();
    await spoken.filter({ hasText: "Question 1: wrong" }).waitFor({ state: "attached" });
    await field(page, 1).fill(questions[0]?.answer ?? "");
    await verdict(page, 1).filter({ hasText: "right" }).waitFor();
    await spoken.filter({ hasText: "Question 1: right" }).waitFor({ state: "attached" });
    expect(await field(page, 1).getAttribute("aria-invalid")).toBe("false");
    await page.close();
  });

  test("is solved by keys alone, and Enter leads to the next question", async () => {
    const { questions } = await first("tlb", "--seed", "3");
    const page = await open("#exercise?kind=tlb&seed=3");
    await field(page, 1).focus();
    for (const { answer } of questions) {
      await page.keyboard.type(answer);
      await page.keyboard.press("Enter");
    }
    await score(page, questions.length);
    await page.close();
  });

  test("a new problem is that of the next seed, and has no answers yet", async () => {
    const { questions } = await first("tlb", "--seed", "4");
    const page = await open("#exercise?kind=tlb&seed=3&at=2");
    await field(page, 1).fill("hit");
    await press(page, "New problem");
    await titled(page, "tlb, seed 4");
    expect(await prompts(page)).toEqual(questions.map(({ prompt }) => prompt));
    expect(await field(page, 1).inputValue()).toBe("");
    expect(await page.locator(".solution").count()).toBe(0);
    expect(page.url()).toContain("#exercise?kind=tlb&seed=4");
    await page.reload();
    await titled(page, "tlb, seed 4");
    await page.close();
  });

  test("keeps answers while another view shows the same state", async () => {
    const page = await open("#exercise?kind=replace&seed=8&policy=lru&at=5");
    await field(page, 2).fill("miss");
    await page.getByRole("link", { name: "Request 5 in Race" }).click();
    await page.getByRole("heading", { name: "Race replacement policies" }).waitFor();
    await page.goBack();
    await titled(page, "replace, seed 8");
    expect(await field(page, 2).inputValue()).toBe("miss");
    await page.close();
  });

  test("draws the frames after each request, as far as the answers are shown", async () => {
    const page = await open("#exercise?kind=replace&seed=8&policy=lru&at=6");
    const text = (await page.locator(".problem pre").textContent()) ?? "";
    const requests = text.replace("requests", "").trim();
    const args = ["compare", "--requests", requests, "--frames", "3", "--policies", "lru", "--trace-steps"];
    const { stdout } = await pagewalk([...args, "--json"]);
    const [{ steps }] = JSON.parse(stdout).results as [{ steps: { frames: (string | null)[] }[] }];
    await page.getByRole("heading", { name: "Frames after each request" }).waitFor();
    const rows = page.locator(".race tbody tr");
    const drawn = await rows.evaluateAll((all) =>
      all.slice(0, -1).map((row) => [...row.querySelectorAll("td")].map(({ textContent }) => textContent)),
    );
    expect(drawn).toEqual(
      [0, 1, 2].map((frame) => steps.slice(0, 6).map(({ frames }) => frames[frame] ?? "–")),
    );
    await press(page, "Start");
    await rows.first().waitFor({ state: "detached" });
    await page.close();
  });

  test("draws the TLB after an access", async () => {
    const { questions } = await first("tlb", "--seed", "3");
    const page = await open(`#exercise?kind=tlb&seed=3&at=${questions.length}`);
    for (const { prompt, answer } of questions.filter(({ prompt }) => prompt.startsWith("VPNs"))) {
      const [, set] = /set (\d+)/.exec(prompt) ?? [];
      const name = page.getByText(`set ${set}`, { exact: true });
      const entries = page.locator(".sets-of-tlb > li").filter({ has: name });
      await entries.waitFor();
      const held = await entries.locator("code").allInnerTexts();
      const vpns = held.map((address) => Number(address) / 4096).sort((one, other) => one - other);
      expect(vpns).toEqual(answer.split(" ").map(Number));
    }
    await page.close();
  });

  test("the race shows each answer", async () => {
    const { questions } = await first("replace", "--seed", "8", "--policy", "lru");
    for (const n of [4, 7, 10]) {
      const page = await open(`#exercise?kind=replace&seed=8&policy=lru&at=${n}`);
      await page.getByRole("link", { name: `Request ${n} in Race` }).click();
      const [, victim] = /^miss (\d+)$/.exec(questions[n - 1]?.answer ?? "") ?? [];
      const outcome =
        victim === undefined ? `: ${questions[n - 1]?.answer}` : `: miss, evicts page ${victim}`;
      await page.locator(".lane .outcome").first().filter({ hasText: outcome }).waitFor();
      await page.close();
    }
  });

  test("the machine shows each answer", async () => {
    const { questions } = await first("tlb", "--seed", "3");
    for (const n of [1, 4, 9]) {
      const page = await open(`#exercise?kind=tlb&seed=3&at=${n}`);
      await page.getByRole("link", { name: `Access ${n} in Machine` }).click();
      const { prompt = "", answer } = questions[n - 1] ?? {};
      const [, address = ""] = /load (0x[\da-f]+)/.exec(prompt) ?? [];
      await page
        .locator(".outcome")
        .filter({ hasText: `load of 1 B at ${address}: TLB ${answer}` })
        .waitFor();
      await page.close();
    }
  });

  test.each([
    ["linear", "", []],
    ["two levels", "&arch=i386", ["--arch", "i386"]],
    ["four levels", "&arch=x86-64", ["--arch", "x86-64"]],
  ])("the machine has the page tables, %s, and shows each answer", async (_, parameters, args) => {
    const { questions, parts } = await first("translate", "--seed", "4", ...args);
    const page = await open(`#exercise?kind=translate&seed=4${parameters}`);
    await page.getByRole("link", { name: "Open in Machine" }).click();
    await page.locator(".state[aria-busy=false]").waitFor();
    const drawn = await page
      .locator(".page-tables table")
      .evaluateAll((all) =>
        all.map((table) => [...table.querySelectorAll("tbody tr")].map(({ textContent }) => textContent)),
      );
    // A linear table is the last one of the machine's.
    const tables = parts.filter(({ type }) => type === "table").map(({ rows = [] }) => rows);
    const shown = args.length === 0 ? drawn.slice(-1) : drawn;
    expect(shown).toHaveLength(tables.length);
    for (const rows of tables) {
      const filled = rows.filter((row) => row.at(-1) !== "-");
      const ends = filled.map((row) =>
        row.at(-1) === "in swap" ? "page in swap" : `in frame ${Number(row.at(-1))}`,
      );
      const fits = shown.some(
        (table) => table.length === filled.length && table.every((text, n) => text?.endsWith(ends[n] ?? "")),
      );
      expect(fits, JSON.stringify(rows)).toBe(true);
    }
    await page.goBack();
    for (const [n, { prompt, answer }] of questions.entries()) {
      await page.getByRole("slider").fill(`${n + 1}`);
      await page
        .getByRole("link", { name: / in Machine$/ })
        .filter({ hasText: "Access" })
        .click();
      const outcome = page.locator(".outcome").filter({ hasText: prompt.replace(" ", " of 1 B at ") });
      const words = answer.startsWith("0x") ? `physical address ${answer},` : answer;
      await outcome.filter({ hasText: words.replace("page fault", "major fault") }).waitFor();
      await page.goBack();
    }
    await page.close();
  });

  test("the process shows each answer", async () => {
    const { questions } = await first("fault", "--seed", "5");
    const outcomes: Record<string, RegExp> = {
      nothing: /: answer ok\.$/,
      SEGV_MAPERR: /SIGSEGV SEGV_MAPERR/,
    };
    for (const n of [1, 4, 5, 7]) {
      const page = await open(`#exercise?kind=fault&seed=5&at=${n}`);
      await page.getByRole("link", { name: / in Process$/ }).click();
      const { prompt = "", answer = "" } = questions[n - 1] ?? {};
      const [, access = ""] = /((?:load|store)\(.*\))/.exec(prompt) ?? [];
      const shown = page.locator(".outcome").filter({ hasText: access });
      await shown.filter({ hasText: outcomes[answer] ?? /1 minor fault/ }).waitFor();
      await page.close();
    }
  });

  test("shows a fault of an option beside its field, and others below the choice", async () => {
    const page = await open("#exercise?kind=tlb");
    await page.getByLabel("Number of entries").fill("twelve");
    await page.getByLabel("Number of entries").blur();
    const { stderr } = await pagewalk(["exercise", "tlb", "--entries", "twelve"]);
    await page.locator("#entries-fault").waitFor();
    expect(stderr.trim()).toBe(`pagewalk: --entries: ${await page.locator("#entries-fault").textContent()}`);
    await page.getByLabel("Number of entries").fill("100");
    await page.getByLabel("Number of entries").blur();
    await page.locator("main > .fault").filter({ hasText: "entries cannot be 100" }).waitFor();
    await page.close();
  });

  test.each([false, true])("prints a sheet; with answers: %s", async (isAnswered) => {
    const sheet = await command("allocate", "--seed", "6", "--count", "3");
    const page = await open(`#exercise?kind=allocate&seed=6&count=3${isAnswered ? "&answers=" : ""}`);
    expect(await page.locator(".sheet").isVisible()).toBe(false);
    await page.emulateMedia({ media: "print" });
    await page.locator(".sheet").waitFor();
    for (const hidden of ["header", "nav", ".questions", "#seed"]) {
      expect(await page.locator(hidden).first().isVisible(), hidden).toBe(false);
    }
    const text = await page.locator(".sheet").innerText();
    for (const { kind, seed, questions } of sheet) {
      expect(text.split(`${kind}, seed ${seed}`).length - 1).toBe(isAnswered ? 2 : 1);
      for (const { prompt, reason } of questions) {
        expect(text).toContain(prompt);
        expect(text.includes(reason), reason).toBe(isAnswered);
      }
    }
    // The problems, and the answers on a page of their own.
    const pdf = (await page.pdf()).toString("latin1");
    const pages = Number(/\/Count (\d+)/.exec(pdf)?.[1]);
    expect(pages).toBeGreaterThanOrEqual(isAnswered ? 2 : 1);
    await page.close();
  });

  test.each(["light", "dark"] as const)("is accessible in %s, from phone to wide screen", async (scheme) => {
    for (const kind of ["translate&arch=x86-64", "replace", "tlb", "allocate", "fault"]) {
      const page = await open(`#exercise?kind=${kind}&at=3`, { colorScheme: scheme });
      await field(page, 1).fill("h");
      await field(page, 1).blur();
      await page.getByText("Print a sheet").click();
      for (const width of [390, 1280, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate(() => document.documentElement.scrollWidth), kind).toBe(width);
        expect(await faultsOf(page), kind).toEqual([]);
      }
      await page.close();
    }
  });
});
