/**
 * The package in its environments: each must compute the same results as Node from the sources. Needs
 * Debian's chromium, and npm's registry for webpack, Bun, Deno and attw; see `.ci/run`.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build as esbuild } from "esbuild";
import * as pagewalk from "pagewalk";
import * as machine from "pagewalk/machine";
import type { Browser } from "playwright-core";
import { build, createServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeInBrowser, launch } from "../browser/harness.js";
import { probe } from "./app/probe.js";
import { copyAssets, installPackage, installTools, type Site, titleAt, titleOf } from "./site.js";

const run = promisify(execFile);
const recording = fileURLToPath(new URL("../../examples/wordcount/wordcount.pagewalk", import.meta.url));
const tsc = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")));

/** The content security policy that docs/embedding.md names. */
const POLICY = `<meta http-equiv="Content-Security-Policy" content="script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'" />`;

let site: Site;
let expected: string;
/** The folder of the tools' packages; undefined if npm cannot reach its registry. */
let tools: string | undefined;

beforeAll(async () => {
  site = await installPackage();
  tools = await installTools(site.folder, "webpack@5", "bun@1", "deno@2", "@arethetypeswrong/cli@0.18");
  if (tools === undefined)
    console.warn("npm cannot install webpack, Bun, Deno and attw: their tests are skipped");
  expected = await probe(pagewalk, machine, async () => recording);
});

afterAll(() => site?.remove());

describe("an installed package", () => {
  test("runs in Node", async () => {
    expect(await printed(process.execPath, "run.mjs", recording)).toBe(expected);
  });

  test.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("has types that check with the module %s resolved as %s", async (module, moduleResolution) => {
    const options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable"];
    await run(
      process.execPath,
      [...[tsc, ...options, "--module", module, "--moduleResolution", moduleResolution, "types.ts"]],
      { cwd: site.folder },
    );
  });
});

describe("with tools that npm brings", () => {
  test("runs in Bun", async ({ skip }) => {
    if (tools === undefined) return skip();
    expect(await printed(join(tools, ".bin/bun"), "run.mjs", recording)).toBe(expected);
  });

  test("runs in Deno", async ({ skip }) => {
    if (tools === undefined) return skip();
    expect(await printed(join(tools, ".bin/deno"), "run", "-A", "run.mjs", recording)).toBe(expected);
  });

  test("has entries whose types resolve", async ({ skip }) => {
    if (tools === undefined) return skip();
    await printed(join(tools, ".bin/attw"), site.archive, "--profile", "esm-only");
  });
});

describeInBrowser("in a browser", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(() => browser?.close());

  test("a plain module script finds the package's folder beside it", async () => {
    const out = await plainFolder("plain");
    await copyPlain("page.js", out);
    expect(await titleOf(browser, out)).toBe(expected);
  });

  test("a module worker does as the page", async () => {
    const out = await plainFolder("worker");
    await copyPlain("worker.js", out);
    const page = `new Worker("./worker.js", { type: "module" }).onmessage = ({ data }) => { document.title = data; };`;
    await writeFile(join(out, "page.js"), page);
    expect(await titleOf(browser, out)).toBe(expected);
  });

  test("Vite builds a page without a warning", async () => {
    const outDir = join(site.folder, "vite");
    const warnings: string[] = [];
    // Warnings about the time of plugins do not concern the package.
    const onwarn = ({ code, message }: { code?: string; message: string }) =>
      code === "PLUGIN_TIMINGS" || warnings.push(message);
    await build({
      root: site.folder,
      configFile: false,
      logLevel: "silent",
      build: { outDir, target: "es2022", chunkSizeWarningLimit: 720, rolldownOptions: { onwarn } },
    });
    expect(warnings).toEqual([]);
    expect(await titleOf(browser, outDir)).toBe(expected);
  });

  test("Vite serves a page while it is developed", async () => {
    const server = await createServer({
      root: site.folder,
      configFile: false,
      logLevel: "error",
      server: { host: "127.0.0.1", port: 0, fs: { strict: false } },
    });
    try {
      await server.listen();
      expect(await titleAt(browser, server.resolvedUrls?.local[0] ?? "")).toBe(expected);
    } finally {
      await server.close();
    }
  });

  test("esbuild bundles a page, with the package's other files copied beside it", async () => {
    const out = await pageFolder("esbuild");
    const { warnings } = await esbuild({
      entryPoints: [join(site.folder, "page.js")],
      outdir: out,
      bundle: true,
      format: "esm",
      logLevel: "silent",
    });
    expect(warnings).toEqual([]);
    await copyAssets(site, out);
    expect(await titleOf(browser, out)).toBe(expected);
  });

  test("webpack bundles a page without a warning", async ({ skip }) => {
    if (tools === undefined) return skip();
    const out = await pageFolder("webpack");
    expect(await webpack(tools, out)).toEqual([]);
    expect(await titleOf(browser, out)).toBe(expected);
  });
});

/** Bundles the page with webpack's defaults. Returns the warnings. */
async function webpack(modules: string, output: string): Promise<string[]> {
  const { default: pack } = await import(pathToFileURL(join(modules, "webpack/lib/index.js")).href);
  const config = {
    mode: "production",
    optimization: { minimize: false }, // terser takes most of the time, and is not what is tested
    context: site.folder,
    entry: "./page.js",
    output: { path: output, filename: "page.js" },
    performance: false,
  };
  return new Promise((resolve, reject) => {
    pack(config, (error: Error | null, stats: { compilation: Record<"errors" | "warnings", Error[]> }) => {
      if (error !== null) reject(error);
      else
        resolve([...stats.compilation.errors, ...stats.compilation.warnings].map(({ message }) => message));
    });
  });
}

async function printed(command: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(command, args, { cwd: site.folder, timeout: 60_000 });
  return stdout.trim();
}

/** A folder with the page and its trace. */
async function pageFolder(name: string): Promise<string> {
  const out = join(site.folder, name);
  await mkdir(out);
  await cp(join(site.folder, "public/trace.pagewalk"), join(out, "trace.pagewalk"));
  await cp(join(site.folder, "index.html"), join(out, "index.html"));
  return out;
}

/** The same without a bundler, with the package's folder for browsers. */
async function plainFolder(name: string): Promise<string> {
  const out = await pageFolder(name);
  await cp(site.browser, join(out, "browser"), { recursive: true });
  const page = await readFile(join(out, "index.html"), "utf8");
  await writeFile(join(out, "index.html"), page.replace("<title>", `${POLICY}<title>`));
  await cp(join(site.folder, "probe.js"), join(out, "probe.js"));
  return out;
}

/** Copies a script, with the package's modules by their addresses. */
async function copyPlain(name: string, out: string): Promise<void> {
  const script = await readFile(join(site.folder, name), "utf8");
  const plain = script
    .replace('"pagewalk"', '"./browser/pagewalk.js"')
    .replace('"pagewalk/machine"', '"./browser/machine.js"');
  await writeFile(join(out, name), plain);
}
