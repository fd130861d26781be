/** The list of formats: those of traces, and those of heap logs. */
import { HEAP_LOG_FORMATS } from "../heap/log/formats.js";
import { FORMATS } from "../trace/formats.js";
import type { Style } from "./style.js";
import { plainTable } from "./table.js";

const NOTE = `The format is detected from content and name; --format NAME gives it. Compression (gzip, zstd, xz) is
detected from the first bytes. docs/formats.md describes each format.
`;

export async function formatsText(style: Style): Promise<string> {
  const traces = FORMATS.map(({ name, about, extensions, write }) => {
    const [suffix] = extensions;
    return [
      name,
      write === undefined ? "read" : "read, written",
      suffix === undefined ? "" : `.${suffix}`,
      about,
    ];
  });
  const logs = HEAP_LOG_FORMATS.map(({ name, about }) => [name, about]);
  return [
    style.title("Traces"),
    await plainTable(["format", "", "file", "content"], traces, () => true),
    "",
    style.title("Heap logs"),
    await plainTable(["format", "origin"], logs, () => true),
    "",
    NOTE,
  ].join("\n");
}

/** The output of `formats --json`. */
export function formatsJson(): object {
  return {
    traces: FORMATS.map(({ name, about, extensions, isBinary, write }) => {
      return { name, about, extensions, isBinary, isWritten: write !== undefined };
    }),
    heapLogs: HEAP_LOG_FORMATS.map(({ name, about }) => ({ name, about })),
  };
}
