/** Options for reading and writing traces. */
import type { FormatName, RecorderName } from "./names.js";
import { option } from "./row.js";
import { choice, flag, number, numberOrText, text } from "./shapes.js";

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
  partial: option(flag, "read a pagewalk file that is cut off, up to its last whole block"),
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

/** QEMU's names of the processors whose programs are recorded. */
export const CPU_NAMES = ["x86_64", "i386", "aarch64", "arm", "riscv64", "riscv32"] as const;
export type CpuName = (typeof CPU_NAMES)[number];

const RECORDER_NAMES: readonly RecorderName[] = ["qemu", "valgrind"];

/** Every command that records a program takes these. */
export const recordingOptions = {
  with: option(choice("recorder", RECORDER_NAMES), "how the program is recorded", {
    defaultWords: "the first that is installed",
  }),
  cpu: option(choice("name", CPU_NAMES), "the processor that the program must be for", {
    defaultWords: "that of its file",
  }),
  sysroot: option(text("dir"), "the directory with the libraries of a program for another processor"),
  from: option(
    numberOrText("where"),
    "begin with this instruction, by number from 0, or with the first call of this function",
  ),
  until: option(
    numberOrText("where"),
    "end before this instruction, or before the first call of this function after the begin",
  ),
  marked: option(
    flag,
    "keep what lies between PAGEWALK_START() and PAGEWALK_STOP() of [pagewalk.h](recording.md)",
  ),
};

/** A recording to a file also takes these. */
export const lengthOptions = {
  sample: option(
    number("share", 0, 1),
    "keep this share of the time, such as 0.01, in windows of 100,000 instructions",
  ),
  limit: option(
    numberOrText("length"),
    "end after this number of references, or when the output has this size, such as 1GiB",
  ),
};

export const recordCommand = {
  output,
  ...recordingOptions,
  ...lengthOptions,
  calls: option(flag, "also record system calls and regions, so that `run` can read the trace"),
  heap: option(
    flag,
    "record the calls of the program's allocator instead of its references; with `--calls`, in addition to them",
  ),
  follow: option(flag, "also record the programs that it starts"),
  ...writeOptions,
};
