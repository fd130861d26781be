/** The reader's selection: trace, policies, sizes. The address holds all of it, except the contents of a file. */
import { computed, effect, signal } from "@preact/signals";
import { keep, onAddress, type Parameters } from "../address.js";
import type { CompareJob } from "../engine/compare.js";
import type { Source } from "../engine/sources.js";

/** `compare --policies` has more by default than a first look needs. */
const USUAL_POLICIES = "fifo lru clock arc s3-fifo opt";
export const USUAL_FRAMES = "1%,2%,5%,10%,20%,40%";

/** The usual one is not given, since traces of page numbers refuse it. */
export const PAGE_SIZES = { "4 KiB": "", "16 KiB": "16KiB", "64 KiB": "64KiB", "2 MiB": "2MiB" } as const;
export const REFERENCES = ["all", "data", "instructions"] as const;

/** The traces: examples, files, or one reference string. */
export const sources = signal<readonly Source[]>([]);
/** Of files: their format; empty: detected. */
export const format = signal("");
/** Of csv files; empty: detected. */
export const columns = signal("");
/** A policy's name, with its parameters where they differ from the usual ones: `2q:kin=0.5`. */
export const chosen = signal<readonly string[]>([]);
export const frames = signal("");
export const only = signal<string>("all");
export const pageSize = signal("");

/** The files that the address names: the reader has to give them again. */
export const missingFiles = signal<readonly string[]>([]);
/** Between names of files, which cannot contain it. */
const BETWEEN_FILES = "/";

onAddress("compare", take);

function take(parameters: Parameters): void {
  sources.value = sourcesOf(parameters);
  missingFiles.value = sources.value.length > 0 ? [] : (parameters.file?.split(BETWEEN_FILES) ?? []);
  choosePolicies(parameters.policies);
  frames.value = parameters.frames ?? USUAL_FRAMES;
  only.value = REFERENCES.find((one) => one === parameters.only) ?? "all";
  pageSize.value = Object.values(PAGE_SIZES).find((one) => one === parameters.pageSize) ?? "";
}

/** Chooses the policies of a list with blanks. */
export function choosePolicies(list = USUAL_POLICIES): void {
  chosen.value = wordsOf(list);
}

/** Files are added to those that are chosen; they take the place of anything else. */
export function addFiles(files: Iterable<File>): void {
  const added = [...files].map((file): Source => ({ kind: "file", file, format: "", columns: "" }));
  if (added.length === 0) return;
  const kept = sources.peek().filter(({ kind }) => kind === "file");
  sources.value = [...kept, ...added];
}

function wordsOf(list: string): string[] {
  return list.split(/\s+/).filter((word) => word !== "");
}

function sourcesOf({ trace = "", requests }: Parameters): Source[] {
  if (requests !== undefined) return [{ kind: "requests", text: requests }];
  return [...new Set(wordsOf(trace))].map((id) => ({ kind: "example", id }));
}

/** The sources with the format and columns that the form has. */
export const openable = computed((): readonly Source[] =>
  sources.value.map((one) =>
    one.kind === "file" ? { ...one, format: format.value, columns: columns.value } : one,
  ),
);

/** The parameters of the address, without those that are as usual. */
const parameters = computed((): Parameters => {
  const policies = chosen.value.join(" ");
  const examples = sources.value.flatMap((one) => (one.kind === "example" ? one.id : []));
  const files = sources.value.flatMap((one) => (one.kind === "file" ? one.file.name : []));
  const [first] = sources.value;
  return {
    ...(examples.length > 0 && { trace: examples.join(" ") }),
    ...(first?.kind === "requests" && { requests: first.text }),
    ...(files.length > 0 && { file: files.join(BETWEEN_FILES) }),
    ...(policies !== USUAL_POLICIES && { policies }),
    ...(frames.value !== USUAL_FRAMES && { frames: frames.value }),
    ...(only.value !== "all" && { only: only.value }),
    ...(pageSize.value !== "" && { pageSize: pageSize.value }),
  };
});

/** Writes the address while the view is shown. */
export function keepAddress(): () => void {
  return effect(() => keep("compare", parameters.value));
}

/** The selection as a job of the worker. */
export function job(): CompareJob {
  return {
    sources: openable.value,
    options: {
      policies: [...chosen.value],
      frames: frames.value,
      only: REFERENCES.find((one) => one === only.value),
      ...(pageSize.value !== "" && { pageSize: pageSize.value }),
    },
  };
}

/** The name of a policy without its parameters. */
export function bareName(policy: string): string {
  return policy.split(":")[0] ?? policy;
}
