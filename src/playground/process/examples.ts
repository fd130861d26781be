/** The logs of `examples/`, each with the options of the command in its header. */
import type { ProcessOptions } from "../engine/process.js";

export interface Example {
  /** `process/copy-on-write`. */
  readonly id: string;
  readonly folder: string;
  readonly name: string;
  readonly about: string;
  readonly log: string;
  readonly options: Readonly<Record<string, string>>;
}

/** The options that the view has fields for. */
export const OPTIONS = [
  "arch",
  "memory",
  "swap",
  "policy",
  "allocator",
  "ulimit",
] as const satisfies readonly (keyof ProcessOptions)[];

const FILES = import.meta.glob<string>("../../../examples/{process,heap}/*.calls", {
  query: "?raw",
  import: "default",
  eager: true,
});

export const EXAMPLES: readonly Example[] = Object.entries(FILES).map(([path, log]) => exampleOf(path, log));

const FIRST_ID = "process/regions";
/** The usual one. */
export const FIRST = EXAMPLES.find(({ id }) => id === FIRST_ID) as Example;

function exampleOf(path: string, log: string): Example {
  const [, folder = "", file = ""] = /(\w+)\/([\w-]+)\.calls$/.exec(path) ?? [];
  const name = file.replaceAll("-", " ");
  const about = aboutOf(log);
  const options = optionsOf(log);
  return {
    id: `${folder}/${file}`,
    folder,
    name: name[0]?.toUpperCase() + name.slice(1),
    about,
    log,
    options,
  };
}

/** The first paragraph of the header; a line before it may name the kind of the log. */
function aboutOf(log: string): string {
  const header = log.replace(/^# pagewalk .*\n/, "");
  const [paragraph = ""] = header.split(/^#?$/m);
  return paragraph.replace(/^# ?/gm, "").replaceAll("\n", " ").trim();
}

/** `--memory 1MiB` of the command in the header. */
function optionsOf(log: string): Record<string, string> {
  const [command = ""] = /^# {3}pagewalk run .*$/m.exec(log) ?? [];
  const found = OPTIONS.flatMap((option) => {
    const [, value] = new RegExp(`--${option} (\\S+)`).exec(command) ?? [];
    return value === undefined ? [] : [[option, value] as const];
  });
  return Object.fromEntries(found);
}
