/** Options for reading and writing traces. */
import type { FormatName, RecorderName } from "./names.js";
import { option } from "./row.js";
import { choice, flag, text } from "./shapes.js";

/** Collections of traces whose tables are known. */
export const PRESET_NAMES = [
  "msr",
  "alibaba",
  "tencent",
  "spc",
  "twitter",
  "meta-kv",
  "ibm-cos",
  "fiu",
  "lrb",
] as const;
/** A collection of traces whose tables are known. docs/presets.md describes them. */
export type PresetName = (typeof PRESET_NAMES)[number];

/** Every command that reads a trace takes these. */
export const traceOptions = {
  format: option(text<FormatName>("name"), "the trace's format; `pagewalk formats` lists them", {
    defaultWords: "detected from content and name",
  }),
  columns: option(
    text("list"),
    "csv: the columns to read, such as `page=obj_id,size=4,kind=op` or `offset=5,length=6`",
    {
      defaultWords: "by the header",
    },
  ),
  delimiter: option(text("char"), "csv: the character between columns", {
    defaultWords: "detected from the first rows",
  }),
  preset: option(
    text<PresetName>("name", PRESET_NAMES),
    "csv: the columns of a [collection of traces](presets.md)",
  ),
};

/** Every command that writes a trace takes this. */
export const writeOptions = {
  to: option(text<FormatName>("name"), "the output's format", {
    defaultWords: "as its name ends, else `pagewalk`",
  }),
};

const output = option(text("file"), "the output file; `-` for standard output", {
  short: "o",
  required: true,
});

export const outputOption = { output };

const RECORDER_NAMES: readonly RecorderName[] = ["qemu", "valgrind"];

/** Every command that records a program takes these. */
export const recordingOptions = {
  with: option(choice("recorder", RECORDER_NAMES), "how the program is recorded", {
    defaultWords: "the first that is installed",
  }),
};

export const recordCommand = {
  output,
  ...recordingOptions,
  calls: option(flag, "also record system calls and regions, so that `run` can read the trace"),
  heap: option(
    flag,
    "record the calls of the program's allocator instead of its references; with `--calls`, in addition to them",
  ),
  follow: option(flag, "with `--heap`: also record the programs that it starts"),
  ...writeOptions,
};
