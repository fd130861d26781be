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

export const source = signal<Source | undefined>(undefined);
/** Of a file: its format; empty: detected. */
export const format = signal("");
/** A policy's name, with its parameters where they differ from the usual ones: `2q:kin=0.5`. */
export const chosen = signal<readonly string[]>([]);
export const frames = signal("");
export const only = signal<string>("all");
export const pageSize = signal("");

/** The file that the address names: the reader has to give it again. */
export const missingFile = signal<string | undefined>(undefined);

onAddress("compare", take);

function take(parameters: Parameters): void {
  source.value = sourceOf(parameters);
  missingFile.value = source.value === undefined ? parameters.file : undefined;
  choosePolicies(parameters.policies);
  frames.value = parameters.frames ?? USUAL_FRAMES;
  only.value = REFERENCES.find((one) => one === parameters.only) ?? "all";
  pageSize.value = Object.values(PAGE_SIZES).find((one) => one === parameters.pageSize) ?? "";
}

/** Chooses the policies of a list with blanks. */
export function choosePolicies(list = USUAL_POLICIES): void {
  chosen.value = list.split(/\s+/).filter((name) => name !== "");
}

function sourceOf({ trace, requests }: Parameters): Source | undefined {
  if (requests !== undefined) return { kind: "requests", text: requests };
  return trace === undefined ? undefined : { kind: "example", id: trace };
}

/** The parameters of the address, without those that are as usual. */
const parameters = computed((): Parameters => {
  const from = source.value;
  const policies = chosen.value.join(" ");
  return {
    ...(from?.kind === "example" && { trace: from.id }),
    ...(from?.kind === "requests" && { requests: from.text }),
    ...(from?.kind === "file" && { file: from.file.name }),
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
export function jobOf(from: Source): CompareJob {
  return {
    source: from.kind === "file" ? { ...from, format: format.value } : from,
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
