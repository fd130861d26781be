/** libCacheSim's oracleGeneral records; assembly/trace/oracle-general.ts has the layout. */

import { ORACLE_BYTES, ORACLE_ID, ORACLE_NEXT } from "../../assembly/abi/formats.js";
import { DecodingReader } from "./decoding-reader.js";
import { PAGE_SHIFT } from "./encoding-writer.js";
import type { Confidence, TraceFormat } from "./format.js";
import { recordsOf } from "./head.js";
import { OracleGeneralWriter } from "./oracle-general-writer.js";

const NAME = "oracleGeneral";

export const oracleGeneralFormat: TraceFormat = {
  name: NAME,
  about: "records of 24 bytes, from libCacheSim",
  extensions: ["oracleGeneral", "oracleGeneral.bin"],
  isBinary: true,
  detect: looksLikeRequests,
  shape: () => ({ unit: "page", hasPageBlocks: false }),
  read: async (kernel, source) =>
    new DecodingReader(kernel, source, {
      name: NAME,
      decode: "decodeOracleGeneral",
      recordBytes: ORACLE_BYTES,
      example: "",
    }),
  write: (kernel, sink, options) =>
    OracleGeneralWriter.create(kernel, sink, options.unit === "page" ? 0 : PAGE_SHIFT),
  keeps: { unit: "page", kinds: ["load"], size: "same" },
};

/** A number of requests larger than that of any trace. */
const LONGEST = 2n ** 36n;
/** Least number of records: a shorter file may look like requests by chance. */
const LEAST_RECORDS = 4;

/**
 * There is no magic number. Time never decreases; every next request is later, or -1 if there is none, or -2 if the
 * writer did not look ahead. Detection is strong if the next requests that lie within the head have the same id.
 * Requests are numbered from 0 or 1, or from another number if the file is the end of a longer one.
 */
function looksLikeRequests(head: Uint8Array): Confidence | undefined {
  const { view, starts } = recordsOf(head, ORACLE_BYTES);
  const requests: Request[] = [];
  let before = 0;
  for (const at of starts) {
    const time = view.getUint32(at, true);
    const next = view.getBigInt64(at + ORACLE_NEXT, true);
    if (time < before || next < -2n || next === 0n || next >= LONGEST) return undefined;
    before = time;
    requests.push({ id: view.getBigUint64(at + ORACLE_ID, true), next });
  }
  if (requests.length === 0) return undefined;
  const checked = checkNext(requests);
  const isKnown = requests.every(({ next }) => next < 0n) ? requests.length >= LEAST_RECORDS : checked > 0;
  if (checked < 0) return undefined;
  return isKnown && requests.some(({ id }) => id !== requests[0]?.id) ? "strong" : "weak";
}

interface Request {
  readonly id: bigint;
  readonly next: bigint;
}

/** The number of next requests that have the same id; -1 if at least a tenth of them have another id. */
function checkNext(requests: readonly Request[]): number {
  const latest = new Map<bigint, number>();
  const offsets = new Map<bigint, number>();
  let wrong = 0;
  for (let index = requests.length - 1; index >= 0; index--) {
    const { id, next } = requests[index] as Request;
    const again = latest.get(id);
    latest.set(id, index);
    if (again === undefined || next === -2n) continue;
    if (next === -1n) wrong++;
    else offsets.set(next - BigInt(again), (offsets.get(next - BigInt(again)) ?? 0) + 1);
  }
  const right = Math.max(0, ...offsets.values());
  const all = wrong + [...offsets.values()].reduce((sum, count) => sum + count, 0);
  return right * 10 >= all * 9 ? right : -1;
}
