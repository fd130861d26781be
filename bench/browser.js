/**
 * The library and the playground in Chromium: rates beside Node's, in pairs; the time until the page can be used; the
 * longest frame while a trace of 15 million references runs. `CHROMIUM` names the browser.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import sirv from "sirv";
import { compare, convertTrace, generateTrace, openTrace, replay } from "../dist/src/index.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RECORDING = "examples/wordcount/wordcount.pagewalk";
/** Runs of each side, in turn. */
const PAIRS = 5;
const LOADS = 7;
/** From the choice of a trace to the press of Run: the page draws figures that are not shown meanwhile. */
const READER_MILLISECONDS = [0, 1500];
const REFERENCES = 15_000_000;
/** Milliseconds that a run may take. */
const PATIENCE = 600_000;

/** @type {Readonly<Record<string, { run: "replay" | "compare", options: object }>>} */
const CASES = {
  "replay by page blocks": { run: "replay", options: {} },
  "replay by records": { run: "replay", options: { memory: "256KiB", policy: "lru" } },
  compare: {
    run: "compare",
    options: { policies: ["fifo", "lru", "clock", "arc", "s3-fifo", "opt"], frames: "1%,5%,10%,20%" },
  },
};

/** @type {import("./main.js").Suite} */
export default async function measureBrowser() {
  const folder = await mkdtemp(join(tmpdir(), "pagewalk-bench-"));
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    return [...(await rates(browser)), ...(await playground(browser, folder))];
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {import("playwright-core").Browser} browser
 * @returns {Promise<import("./main.js").Row[]>}
 */
async function rates(browser) {
  const server = createServer(sirv(ROOT, { setHeaders: isolate })).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/LICENSE`);
    const rows = [];
    for (const [what, { run, options }] of Object.entries(CASES)) {
      rows.push(
        rateOf(
          what,
          await inTurn(
            () => inNode(run, options),
            () => inPage(page, run, options),
          ),
        ),
      );
    }
    return rows;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** @param {import("node:http").ServerResponse} response */
function isolate(response) {
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
}

/** @typedef {{ references: number, seconds: number }} Run */

/**
 * @param {() => Promise<Run>} node
 * @param {() => Promise<Run>} page
 * @returns {Promise<{ node: Run, page: Run }[]>}
 */
async function inTurn(node, page) {
  await node();
  await page();
  const pairs = [];
  for (let pair = 0; pair < PAIRS; pair++) pairs.push({ node: await node(), page: await page() });
  return pairs;
}

/**
 * @param {string} what
 * @param {readonly { node: Run, page: Run }[]} pairs
 */
function rateOf(what, pairs) {
  const ratios = pairs.map(({ node, page }) => node.seconds / page.seconds);
  const best = Math.min(...pairs.map(({ page }) => page.seconds));
  return {
    suite: "browser",
    what,
    perSecond: (pairs[0]?.page.references ?? 0) / best,
    unit: "references",
    note: `${shown(median(ratios))} of Node's rate, median of ${PAIRS} pairs (${ratios.map(shown).join(" ")})`,
  };
}

/**
 * @param {"replay" | "compare"} run
 * @param {object} options
 * @returns {Promise<Run>}
 */
async function inNode(run, options) {
  const trace = await openTrace(join(ROOT, RECORDING));
  const start = performance.now();
  const references = await (run === "replay" ? replayed(trace, options) : compared(trace, options));
  return { references, seconds: (performance.now() - start) / 1000 };
}

/**
 * @param {import("../dist/src/index.js").Trace} trace
 * @param {object} options
 */
async function replayed(trace, options) {
  return (await replay(trace, options)).trace.references;
}

/**
 * @param {import("../dist/src/index.js").Trace} trace
 * @param {object} options
 */
async function compared(trace, options) {
  const { results } = await compare(trace, options);
  return results.reduce((sum, { requests }) => sum + requests, 0);
}

/**
 * @param {import("playwright-core").Page} page
 * @param {"replay" | "compare"} run
 * @param {object} options
 * @returns {Promise<Run>}
 */
function inPage(page, run, options) {
  return page.evaluate(
    async ({ run, options, path }) => {
      const address = "/dist/browser/pagewalk.js";
      const { openTrace, replay, compare } = await import(address);
      const blob = await (await fetch(path)).blob();
      const trace = await openTrace(new File([blob], "trace.pagewalk"));
      const start = performance.now();
      const result = await (run === "replay" ? replay(trace, options) : compare(trace, options));
      const seconds = (performance.now() - start) / 1000;
      const references =
        result.trace?.references ??
        result.results.reduce(
          (/** @type {number} */ sum, /** @type {{ requests: number }} */ { requests }) => sum + requests,
          0,
        );
      return { references, seconds };
    },
    { run, options, path: `/${RECORDING}` },
  );
}

/**
 * @param {import("playwright-core").Browser} browser
 * @param {string} folder
 * @returns {Promise<import("./main.js").Row[]>}
 */
async function playground(browser, folder) {
  const trace = join(folder, "zipf.pagewalk");
  await convertTrace(generateTrace({ pattern: "zipf", references: REFERENCES, pages: 20_000 }), trace);
  const server = spawn(process.execPath, [
    join(ROOT, "dist/bundle/cli/main.js"),
    "serve",
    "--port",
    "0",
    "--json",
  ]);
  try {
    const [line] = await once(server.stdout, "data");
    const { url } = JSON.parse(`${line}`);
    const rows = [await loading(browser, url)];
    for (const wait of READER_MILLISECONDS) rows.push(await frames(browser, url, trace, wait));
    return rows;
  } finally {
    server.kill("SIGINT");
    await once(server, "exit");
  }
}

/**
 * Milliseconds from the navigation to the first control that can be used, each time in a browser without a cache.
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 */
async function loading(browser, url) {
  const times = [];
  for (let load = 0; load < LOADS; load++) {
    const page = await browser.newPage();
    await page.addInitScript(() => {
      new MutationObserver((_, observer) => {
        if (document.querySelector(".examples button:enabled") === null) return;
        observer.disconnect();
        requestAnimationFrame(() => {
          Object.assign(globalThis, { usableAt: performance.now() });
        });
      }).observe(document, { childList: true, subtree: true });
    });
    await page.goto(url);
    await page.waitForFunction(() => "usableAt" in globalThis);
    times.push(await page.evaluate(() => /** @type {any} */ (globalThis).usableAt));
    await page.close();
  }
  const best = Math.min(...times);
  return {
    suite: "browser",
    what: "playground opened",
    perSecond: 1000 / best,
    unit: "loads",
    note: `usable after ${best.toFixed(0)} ms, median ${median(times).toFixed(0)} (${times.map((time) => time.toFixed(0)).join(" ")})`,
  };
}

/**
 * The longest gap between two frames while the trace runs in a page that was just opened, and its results are drawn.
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {string} trace
 * @param {number} wait milliseconds before Run is pressed
 */
async function frames(browser, url, trace, wait) {
  const runs = [];
  for (let run = 0; run < PAIRS; run++) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    page.setDefaultTimeout(PATIENCE);
    await page.goto(url);
    await page.locator("#file").setInputFiles(trace);
    await page.getByText("zipf.pagewalk: pagewalk").waitFor();
    await page.waitForTimeout(wait);
    await page.evaluate(watchFrames);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.evaluate(() => document.querySelector("[aria-label=Results]")?.scrollIntoView());
    await page.locator(".running [role=status]").filter({ hasText: "done" }).waitFor();
    await page.waitForTimeout(1000);
    runs.push(await page.evaluate(() => /** @type {any} */ (globalThis).watched));
    await page.close();
  }
  const longest = runs.map(({ gaps }) => Math.max(...gaps));
  const tasks = runs.map(({ tasks }) => Math.max(0, ...tasks));
  const list = (/** @type {number[]} */ values) => values.map((value) => value.toFixed(0)).join(" ");
  return {
    suite: "browser",
    what: `15 million references in the playground, run after ${wait} ms`,
    perSecond: 1000 / Math.min(...longest),
    unit: "frames",
    note: `longest frame ${list(longest)} ms, longest task ${list(tasks)} ms`,
  };
}

/** Runs in the page. */
function watchFrames() {
  const watched = { gaps: /** @type {number[]} */ ([]), tasks: /** @type {number[]} */ ([]) };
  Object.assign(globalThis, { watched });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watched.tasks.push(duration);
  }).observe({ entryTypes: ["longtask"] });
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    watched.gaps.push(now - last);
    last = now;
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

/** @param {readonly number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** @param {number} value */
function shown(value) {
  return value.toFixed(2);
}
