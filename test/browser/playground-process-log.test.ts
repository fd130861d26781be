/** The log of the playground's view Process: editing, completion, explanations, files, errors. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { pagewalk } from "../cli/command.js";
import { zstdStored } from "../trace/compressed.js";
import { describePlayground } from "./playground.js";
import { command, content, fileOf, logOf, openProcess, outcome, settled, type } from "./process-view.js";

describePlayground("the log of the playground's Process", (playground) => {
  const open = (hash: string, options = {}) => openProcess(playground, hash, options);

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

  test("refuses a file that is not a call log, with the library's message", async () => {
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
  ])("explains %s of a log", async (word, about) => {
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
});
