/** A project outside the repository that has the package installed, as npm does it. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { preview } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

export interface Site {
  readonly folder: string;
  /** The packed package. */
  readonly archive: string;
  /** The package's folder of files for browsers. */
  readonly browser: string;
  remove(): Promise<void>;
}

/** Packs the package and unpacks it into a new project's node_modules; its dependencies are the repository's. */
export async function installPackage(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "pagewalk-embed-"));
  const modules = join(folder, "node_modules");
  const installed = join(modules, "pagewalk");
  await mkdir(installed, { recursive: true });
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
  });
  const archive = join(folder, stdout.trim().split("\n").at(-1) ?? "");
  await run("tar", ["xzf", archive, "--strip-components=1", "-C", installed]);
  const { dependencies } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(root, "node_modules", name), join(modules, name));
  }
  await cp(join(root, "test/embed/app"), folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  await mkdir(join(folder, "public"));
  await cp(join(root, "examples/wordcount/wordcount.pagewalk"), join(folder, "public/trace.pagewalk"));
  return {
    folder,
    archive,
    browser: join(installed, "dist/browser"),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Serves a folder on loopback, opens its page, and returns the title that the page gives itself. */
export async function titleOf(browser: Browser, folder: string): Promise<string> {
  const server = await preview({
    root: folder,
    configFile: false,
    logLevel: "error",
    build: { outDir: folder },
    preview: { host: "127.0.0.1", port: 0 },
  });
  try {
    return await titleAt(browser, server.resolvedUrls?.local[0] ?? "");
  } finally {
    await server.close();
  }
}

/** The title that the page at an address gives itself. Throws what the page logs as errors. */
export async function titleAt(browser: Browser, address: string): Promise<string> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  try {
    await page.goto(address);
    await page.waitForFunction(() => document.title !== "waiting", undefined, { timeout: 60_000 });
    if (errors.length > 0) throw new Error(errors.join("\n"));
    return await page.title();
  } catch (error) {
    throw new Error([String(error), ...errors].join("\n"));
  } finally {
    await page.close();
  }
}

/** Tools that only these tests use, installed when they run; undefined if npm cannot reach its registry. */
export async function installTools(folder: string, ...names: string[]): Promise<string | undefined> {
  const tools = join(folder, "tools");
  await mkdir(tools);
  await writeFile(join(tools, "package.json"), JSON.stringify({ private: true }));
  try {
    await run("npm", ["install", "--no-audit", "--no-fund", ...names], { cwd: tools });
  } catch {
    return undefined;
  }
  return join(tools, "node_modules");
}

/** Copies the package's files for browsers that a bundler did not copy. */
export async function copyAssets(site: Site, to: string): Promise<void> {
  for (const name of await readdir(site.browser)) {
    if (!/^(pagewalk|machine)\.js$/.test(name)) await cp(join(site.browser, name), join(to, name));
  }
}
