/** A trace of 200 MiB goes through the playground as a stream: the tab's memory does not grow with it. */
import { createWriteStream, readFileSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describePlayground } from "./playground.js";

const MIB = 2 ** 20;
const PAGES = 20_000;
/** A record of oracleGeneral. */
const RECORD_BYTES = 24;
/** Records of a piece that is written at once. */
const PIECE = 2 ** 16;

describePlayground("large traces in the playground", (playground) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pagewalk-large-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  // The buffers of a stream are freed from time to time, so a small file needs less than a larger one.
  test.skipIf(process.platform !== "linux")(
    "200 MiB take as much of the tab's memory as 100 MiB",
    async () => {
      const peaks: number[] = [];
      for (const sizeMib of [100, 200]) {
        const path = join(folder, `large-${sizeMib}.oracleGeneral.gz`);
        const records = Math.ceil((sizeMib * MIB) / RECORD_BYTES);
        await writeTrace(path, records);
        expect((await stat(path)).size).toBeGreaterThan(sizeMib * MIB);
        const page = await playground.open("#compare?policies=lru+arc+opt&frames=1000,5000");
        await page.getByLabel("Traces of yours").setInputFiles(path);
        await page.getByText(/: oracleGeneral, .*gzip/).waitFor();
        peaks.push(await peakOf(page, records));
        await page.close();
        await rm(path);
      }
      const [small = 0, large = 0] = peaks;
      expect(large - small).toBeLessThan(64);
    },
    300_000,
  );
});

/** A gzip file of random requests. It is not compressed, since that takes long, but is decompressed all the same. */
async function writeTrace(path: string, records: number): Promise<void> {
  let state = 1;
  function* pieces(): Generator<Buffer> {
    for (let left = records; left > 0; left -= PIECE) {
      const piece = Buffer.alloc(Math.min(left, PIECE) * RECORD_BYTES);
      for (let at = 0; at < piece.length; at += RECORD_BYTES) {
        piece.writeUInt32LE(records - left, at);
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        piece.writeUInt32LE(Math.floor((state / 2 ** 32) * PAGES), at + 4);
        piece.writeUInt32LE(4096, at + 12);
        piece.writeBigInt64LE(-2n, at + 16); // the next request is not known
      }
      yield piece;
    }
  }
  await pipeline(Readable.from(pieces()), createGzip({ level: 0 }), createWriteStream(path));
}

/** Runs the trace of the page. The most MiB that its process had of its own meanwhile. */
async function peakOf(page: Page, records: number): Promise<number> {
  const renderers = await renderersOf(page);
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, ...renderers.map(privateMib));
  }, 50);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const done = page.locator(".running [role=status]").filter({ hasText: "6 simulations done" });
  await done.waitFor({ timeout: 200_000 });
  clearInterval(timer);
  await page.getByText(new Intl.NumberFormat("en").format(records), { exact: true }).first().waitFor();
  return peak;
}

async function renderersOf(page: Page): Promise<number[]> {
  const session = await (page.context().browser() as Browser).newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

/** MiB of a process that it shares with no other; 0 if it has ended. */
function privateMib(pid: number): number {
  try {
    const [, kib] = /^Private_Dirty:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
}
