/** Builds the test page with Vite, serves it on loopback and opens it in Debian's Chromium. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { build, type PreviewServer, preview } from "vite";
import { describe } from "vitest";

const chromiumPath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const hasChromium = existsSync(chromiumPath);

/** A suite that needs Chromium, and is skipped by name without it. */
export function describeInBrowser(title: string, tests: () => void): void {
  describe.skipIf(!hasChromium)(
    `${title}${hasChromium ? "" : " (skipped: chromium is not installed)"}`,
    tests,
  );
}

export interface BrowserPage {
  readonly page: Page;
  /** Errors that the page threw or logged. */
  readonly errors: string[];
  /** Loads the page again, and forgets its errors. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}

/** Opens the page; `publicDir` is a folder of files that it can fetch. */
export async function openPage(publicDir: string): Promise<BrowserPage> {
  const outDir = await mkdtemp(join(tmpdir(), "pagewalk-page-"));
  const root = fileURLToPath(new URL("page", import.meta.url));
  const shared = { root, publicDir, configFile: false, logLevel: "error" } as const;
  await build({
    ...shared,
    build: { outDir, emptyOutDir: true, target: "es2022" },
    worker: { format: "es" },
  });
  const server = await preview({ ...shared, build: { outDir }, preview: { host: "127.0.0.1", port: 0 } });
  const browser = await launch();
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  const load = async () => {
    await page.goto(address(server));
    await page.waitForFunction(() => document.title === "ready");
  };
  const reload = async () => {
    await load();
    errors.length = 0;
  };
  await load();
  return { page, errors, reload, close: () => close(browser, server, outDir) };
}

function address(server: PreviewServer): string {
  const { port } = server.httpServer.address() as AddressInfo;
  return `http://127.0.0.1:${port}/`;
}

async function close(browser: Browser, server: PreviewServer, outDir: string): Promise<void> {
  await browser.close();
  await server.close();
  await rm(outDir, { recursive: true, force: true });
}
