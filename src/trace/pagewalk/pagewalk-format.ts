/** The pagewalk format's entry in the registry. */

import { Checksum } from "../../wasm/checksum.js";
import { Kernel } from "../../wasm/kernel.js";
import type { IndexSummary, TraceFormat } from "../format.js";

import type { ByteSource } from "../source.js";
import { findIndex, referencesOf } from "./block-index.js";
import { ByteCursor } from "./byte-cursor.js";
import { architectureOf, readFileHeader, startsLikeFile, unitOf } from "./file-header.js";
import { readPagewalk } from "./reader.js";
import { createPagewalkWriter } from "./writer.js";

export const pagewalkFormat: TraceFormat = {
  name: "pagewalk",
  about: "Pagewalk's own: references and call events, compressed",
  extensions: ["pagewalk"],
  isBinary: true,
  hasMetadata: true,
  detect: (head) => (startsLikeFile(head) ? "strong" : undefined),
  shape: (head) => ({ unit: unitOf(head), hasPageBlocks: true, architecture: architectureOf(head) }),
  read: readPagewalk,
  write: createPagewalkWriter,
  index: summarize,
};

/** A value of the metadata, formatted for a table. */
function shown(value: unknown): string | number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return JSON.stringify(value);
  const lines = value.trimEnd().split("\n").length;
  return lines === 1 ? value : `${lines} lines`;
}

/** The data in header and index; undefined if the file has no valid index. */
async function summarize(source: ByteSource): Promise<IndexSummary | undefined> {
  if (source.random === undefined) return undefined;
  const checksum = await Checksum.create(await Kernel.create());
  const cursor = new ByteCursor(source);
  const header = await readFileHeader(cursor, checksum);
  const index = await findIndex(source.random, cursor.offset, checksum);
  if (index === undefined) return undefined;
  const references = referencesOf(index.entries);
  const pathBytes = index.entries.reduce((sum, entry) => sum + entry.pathBytes, 0);
  const metadata = Object.entries(header.metadata).map(([name, value]) => [name, shown(value)]);
  return {
    ...Object.fromEntries(metadata),
    blocks: index.entries.length,
    blockReferences: header.blockReferences,
    pagePathBytes: pathBytes,
    bitsPerReference: references === 0 ? 0 : (source.random.sizeBytes * 8) / references,
  };
}
