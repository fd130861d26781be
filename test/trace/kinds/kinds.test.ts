/**
 * Detection on made files: every kind is detected, or refused with its name among the candidates; files of no kind are
 * refused. `PAGEWALK_TEST_FILES=200` makes 200 files of each kind and 2,000 of none.
 */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openHeapLog } from "#pagewalk/heap/log/open.js";
import { type PresetName, runLog } from "#pagewalk/index.js";
import { openTrace } from "#pagewalk/trace/open.js";
import type { Trace } from "#pagewalk/trace/trace.js";
import { caseCount } from "../../build.js";
import { readTrace } from "../records.js";
import { champsim, oracleGeneral, vscsi } from "./binary-traces.js";
import { Draw, type MadeFile, type Maker } from "./draw.js";
import * as heapLogs from "./heap-logs.js";
import { otherBinaries } from "./other-binaries.js";
import { otherTexts } from "./other-texts.js";
import { csv, presetTables } from "./tables.js";
import { address, arc, calls, din, drmemtrace, lackey, lirs, references } from "./text-traces.js";

const FILES = Number(process.env.PAGEWALK_TEST_FILES ?? caseCount(5));
const TRACES: Readonly<Record<string, Maker>> = {
  lackey,
  address,
  din,
  lirs,
  arc,
  references,
  "drmemtrace-text": drmemtrace,
  calls,
  csv,
  vscsi,
  oracleGeneral,
  champsim,
};
const OTHERS: Readonly<Record<string, Maker>> = { ...otherTexts, ...otherBinaries };

/** The files of a kind; a third of the traces are compressed. */
function* filesOf(make: Maker, count: number, packs: boolean): Generator<MadeFile & { seed: number }> {
  for (let seed = 0; seed < count; seed++) {
    const draw = new Draw(seed);
    const file = make(draw);
    yield {
      ...file,
      seed,
      ...(packs && draw.chance(0.3) && { bytes: new Uint8Array(gzipSync(file.bytes)) }),
    };
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** True if the message names one of the candidates. */
function names(message: string, kind: string): boolean {
  return (
    message.startsWith("T: may be ") &&
    new RegExp(`(?:--format |--preset [\\w|-]*|may be .*\\b)${kind}\\b`).test(message)
  );
}

describe.each(Object.entries(TRACES))("traces: %s", (kind, make) => {
  test("detected, and read whole; or refused, and named", async () => {
    const wrong: string[] = [];
    for (const { bytes, references: wanted, seed } of filesOf(make, FILES, true)) {
      const found = await openTrace(bytes, { name: "T" }).catch(messageOf);
      if (typeof found === "string") {
        if (!names(found, kind)) wrong.push(`${seed}: ${found.slice(0, 200)}`);
        continue;
      }
      if (found.format !== kind) wrong.push(`${seed}: taken for ${found.format}`);
      else if (wanted !== undefined)
        wrong.push(...(await miscounted(found, wanted)).map((what) => `${seed}: ${what}`));
    }
    expect(wrong).toEqual([]);
  });
});

async function miscounted(trace: Trace, wanted: number): Promise<string[]> {
  const got = await readTrace(trace).catch(messageOf);
  if (typeof got === "string") return [got.slice(0, 200)];
  return got.length === wanted ? [] : [`${got.length} references of ${wanted}`];
}

describe.each(Object.entries(presetTables) as [PresetName, Maker][])(
  "tables of a collection: %s",
  (preset, make) => {
    test("refused, and the preset is named; read whole with it", async () => {
      const wrong: string[] = [];
      for (const { bytes, references: wanted = 0, seed } of filesOf(make, FILES, true)) {
        const found = await openTrace(bytes, { name: "T" }).catch(messageOf);
        if (typeof found !== "string") wrong.push(`${seed}: taken for ${found.format}`);
        else if (!names(found, preset)) wrong.push(`${seed}: ${found.slice(0, 200)}`);
        const trace = await openTrace(bytes, { name: "T", preset });
        wrong.push(...(await miscounted(trace, wanted)).map((what) => `${seed}: ${what}`));
      }
      expect(wrong).toEqual([]);
    });
  },
);

describe.each(Object.entries(heapLogs))("heap logs: %s", (kind, make) => {
  test("detected", async () => {
    const wrong: string[] = [];
    for (const { bytes, seed } of filesOf(make, FILES, true)) {
      const found = await openHeapLog(bytes, { name: "T" }).catch(messageOf);
      if (typeof found === "string") wrong.push(`${seed}: ${found.slice(0, 200)}`);
      else if (found.format !== kind) wrong.push(`${seed}: taken for ${found.format}`);
      if (typeof found !== "string") await found.close();
    }
    expect(wrong).toEqual([]);
  });
});

describe.each(Object.entries(OTHERS))("of no kind: %s", (_, make) => {
  const count = Math.ceil((FILES * 10) / Object.keys(OTHERS).length);

  test("refused as a trace, a heap log and a call log", async () => {
    const wrong: string[] = [];
    for (const { bytes, seed } of filesOf(make, count, false)) {
      const trace = await openTrace(bytes, { name: "T" }).catch(messageOf);
      if (typeof trace !== "string") wrong.push(`${seed}: taken for ${trace.format}`);
      else if (!/no known trace|may be|is empty|holds no bytes|corrupt|cut/.test(trace))
        wrong.push(`${seed}: ${trace.slice(0, 200)}`);
      const log = await openHeapLog(bytes, { name: "T" }).catch(messageOf);
      if (typeof log !== "string") {
        wrong.push(`${seed}: taken for a heap log of ${log.format}`);
        await log.close();
      }
      const run = await runLog(bytes, { name: "T", memory: "4MiB" }).catch(messageOf);
      if (typeof run !== "string" && run.stopped === undefined)
        wrong.push(`${seed}: run as a call log of ${run.calls} calls`);
    }
    expect(wrong).toEqual([]);
  });
});
