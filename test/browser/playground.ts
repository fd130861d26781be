/** The playground as `pagewalk serve` serves it, opened in Debian's Chromium. */
import type { ChildProcess } from "node:child_process";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { start } from "../cli/command.js";
import { describeInBrowser, launch } from "./harness.js";

export interface Playground {
  /** A new page at the address, which ends with a view and its parameters. */
  open(hash: string, options?: BrowserContextOptions): Promise<Page>;
}

interface Served extends Playground {
  /** Errors and messages of the pages, and their requests to other servers. */
  readonly trouble: string[];
  close(): Promise<void>;
}

/** A suite with a playground of its own. Each test fails whose pages log anything or ask other servers. */
export function describePlayground(title: string, tests: (playground: Playground) => void): void {
  describeInBrowser(title, () => {
    let served: Served;

    beforeAll(async () => {
      served = await servePlayground();
    });
    afterEach(() => {
      expect(served.trouble.splice(0)).toEqual([]);
    });
    afterAll(() => served?.close());

    tests({ open: (hash, options) => served.open(hash, options) });
  });
}

async function servePlayground(): Promise<Served> {
  const server = start(["serve", "--port", "0", "--json", "--quiet"]);
  const url = await addressOf(server.process);
  const browser = await launch();
  const trouble: string[] = [];
  return {
    trouble,
    open: (hash, options) => openPage(browser, url, hash, options, trouble),
    close: async () => {
      await browser.close();
      server.kill("SIGINT");
      await server.ended;
    },
  };
}

/** The address that the command prints. */
export function addressOf({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve) =>
    stdout?.on("data", (text: string) => {
      const [address] = /http:[^"\s]+/.exec(text) ?? [];
      if (address !== undefined) resolve(address);
    }),
  );
}

async function openPage(
  browser: Browser,
  url: string,
  hash: string,
  options: BrowserContextOptions | undefined,
  trouble: string[],
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options });
  page.on("pageerror", (error) => trouble.push(error.message));
  page.on("console", (message) => trouble.push(message.text()));
  page.on("request", (request) => {
    if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(url)) {
      trouble.push(`asks for ${request.url()}`);
    }
  });
  await page.goto(url + hash);
  await page.getByRole("heading", { level: 2 }).first().waitFor();
  return page;
}

export function press(page: Page, button: string): Promise<void> {
  return page.getByRole("button", { name: button, exact: true }).click();
}

/** The violations that the accessibility checker finds, a line for each. */
export async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
  });
}

/** The text of the file that a press of the button saves. */
export async function savedBy(page: Page, button: string): Promise<string> {
  return `${await bytesSavedBy(page, button)}`;
}

/** The bytes of that file. */
export async function bytesSavedBy(page: Page, button: string): Promise<Buffer> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: button, exact: true }).first().click();
  const chunks: Buffer[] = [];
  for await (const chunk of await (await download).createReadStream()) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
