/** The playground's view Process, as its tests use it, and the command that it is compared with. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { pagewalk } from "../cli/command.js";
import type { Playground } from "./playground.js";

/** The log of an example. */
export const fileOf = (id: string) => fileURLToPath(new URL(`../../examples/${id}.calls`, import.meta.url));
export const logOf = (id: string) => readFileSync(fileOf(id), "utf8");

export interface CommandResult {
  calls: number;
  checked: number;
  matched: number;
  signals: { line: number; signal: string }[];
  process: { residentBytes: number; faults: { minor: number; major: number } };
  show: Record<string, unknown>[];
}

/** The results of `pagewalk run` with the options in the log's header. */
export async function command(id: string, show: string, input = logOf(id)): Promise<CommandResult> {
  const [, options = ""] = /^# {3}pagewalk run \S+(.*?)(?: --show.*)?$/m.exec(input) ?? [];
  const given = options.split(" ").filter((one) => one !== "" && one !== "--quiet" && one !== "--verify");
  const args = ["run", "-", "--verify", "--json", "--quiet", ...given, "--show", show];
  const { stdout, stderr } = await pagewalk(args, { input });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

/** Resolves when the state is that of the shown place. */
export const settled = (page: Page) => page.locator(".state[aria-busy=false]").waitFor();

export async function openProcess(playground: Playground, hash: string, options = {}): Promise<Page> {
  const page = await playground.open(hash, options);
  await settled(page);
  return page;
}

export async function isAt(page: Page, at: number): Promise<void> {
  await page
    .locator(".place")
    .filter({ hasText: new RegExp(`^Call${at} of`) })
    .waitFor();
  await settled(page);
}

/** The field of the log. */
export const content = (page: Page) => page.getByRole("textbox", { name: "Call log" });

/** Appends to the log. */
export async function type(page: Page, text: string): Promise<void> {
  await content(page).press("ControlOrMeta+End");
  await page.keyboard.insertText(text);
}

/** Resolves when the last call's effects have the text. */
export const outcome = (page: Page, text: string | RegExp) =>
  page.locator(".outcome").filter({ hasText: text }).waitFor();
