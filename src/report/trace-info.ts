/** The output of `trace info`. */

import { printable } from "../printable.js";
import type { IndexSummary } from "../trace/format.js";
import type { TraceInfo } from "../trace/info.js";
import { layOut, type Row, type Section } from "./layout.js";
import { formatBytes, formatCount, formatShare } from "./numbers.js";
import { readingNote } from "./reading.js";
import type { Style } from "./style.js";

export function traceInfoText(info: TraceInfo, style: Style): string {
  const sections: Section[] = [
    { title: info.path, note: `${readingNote(info)}, ${formatBytes(info.sizeBytes)}` },
    { title: "References", rows: referenceRows(info) },
    { title: info.unit === "address" ? "Addresses" : "Page numbers", rows: addressRows(info) },
  ];
  if (info.index !== undefined) sections.push({ title: "File", rows: indexRows(info.index) });
  return layOut(sections, style);
}

function referenceRows(info: TraceInfo): Row[] {
  const kinds = [
    ["instruction fetches", info.instructionFetches],
    ["loads", info.loads],
    ["stores", info.stores],
    ["modifies", info.modifies],
  ] as const;
  const rows: Row[] = kinds.map(([label, count]) => ({
    label,
    value: formatCount(count),
    note: formatShare(count, info.references),
  }));
  const bitsPerReference = info.references === 0 ? undefined : (info.sizeBytes * 8) / info.references;
  rows.push({
    label: "all",
    value: formatCount(info.references),
    ...(bitsPerReference !== undefined && { note: `${bitsPerReference.toFixed(2)} bits each in this file` }),
  });
  if (info.calls > 0) rows.push({ label: "call events", value: formatCount(info.calls) });
  if (info.skippedLines !== undefined) {
    rows.push({ label: "lines without a reference", value: formatCount(info.skippedLines), note: "skipped" });
  }
  return rows;
}

function addressRows(info: TraceInfo): Row[] {
  const pages = formatCount(info.distinctPages);
  const rows: Row[] = [
    info.footprintBytes === undefined
      ? { label: "distinct pages", value: pages }
      : {
          label: "distinct pages",
          value: pages,
          note: `of 4 KiB, ${formatBytes(info.footprintBytes)} in all`,
        },
  ];
  if (info.unit === "address") {
    rows.push({ label: "references across a page's end", value: formatCount(info.crossings) });
  }
  if (info.bytesTouched > 0) rows.push({ label: "bytes referenced", value: formatCount(info.bytesTouched) });
  if (info.lowestAddress !== undefined) rows.push({ label: "lowest", value: info.lowestAddress });
  if (info.highestAddress !== undefined) rows.push({ label: "highest", value: info.highestAddress });
  return rows;
}

/** Labels of the index's sums; bits per reference are shown with the references. */
const INDEX_LABELS: Readonly<Record<string, string>> = {
  blockReferences: "references a block",
  pagePathBytes: "bytes of page paths",
};

function indexRows(index: IndexSummary): Row[] {
  return Object.entries(index)
    .filter(([name]) => name !== "bitsPerReference")
    .map(([name, value]) => ({
      label: INDEX_LABELS[name] ?? printable(name),
      value: typeof value === "number" ? formatCount(value) : printable(value),
    }));
}
