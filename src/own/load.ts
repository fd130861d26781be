/** Own policies and allocators from files: a module whose default export, or whose export of their name, defines one. */
import { InputError } from "../errors.js";
import { isNode } from "../platform.js";
import { fileError } from "../trace/file-errors.js";
import { checkOwn, type OwnDefinition, type OwnKind } from "./definition.js";
import { importFault } from "./fault.js";

/** A file that is not loaded by then waits for something that will not come. */
const PATIENCE_SECONDS = 30;

/** Where an own thing is from, and how other threads get it. */
export interface OwnSource<Definition extends OwnDefinition> {
  /** What messages call it: the file as it was named, or its name. */
  readonly place: string;
  /** The file's address; without it, it lives in this thread alone. */
  readonly url?: string | undefined;
  /** Absent from what another thread sent: functions cannot be posted. */
  readonly definition?: Definition | undefined;
}

/** What a file defines. Throws `InputError`. */
export async function loadOwn<Definition extends OwnDefinition>(
  path: string,
  kind: OwnKind,
): Promise<OwnSource<Definition> & { definition: Definition }> {
  const url = await urlOf(path, kind);
  const source = { place: path, url: url.href };
  return { ...source, definition: await definitionOf<Definition>(source, kind) };
}

/** The source's definition, imported where it came without one. */
export async function definitionOf<Definition extends OwnDefinition>(
  source: OwnSource<Definition>,
  kind: OwnKind,
): Promise<Definition> {
  if (source.definition !== undefined) return source.definition;
  const { place, url = "" } = source;
  const module = await patiently(import(/* @vite-ignore */ url), place).catch((error: unknown) => {
    throw error instanceof InputError ? error : importFault(error, source);
  });
  const exported: unknown = module.default ?? module[kind.noun];
  if (exported === undefined) {
    const names = Object.keys(module).join(", ");
    const problem = names === "" ? "exports nothing" : `exports ${names}, and no ${kind.noun}`;
    throw new InputError(problem, `export one as default, or under the name ${kind.noun}`, place);
  }
  checkOwn(exported, kind, place);
  return exported as Definition;
}

/** What has a slash or a module's ending is a path. */
export function isPath(name: string): boolean {
  return /[/\\]|\.m?js(?::|$)/.test(name.trim());
}

/** The file's address, after a look whether it is there: what `import` says of a missing file is long. */
async function urlOf(path: string, { one }: OwnKind): Promise<URL> {
  if (!isNode) return new URL(path, globalThis.location.href);
  const [{ stat }, { resolve }, { pathToFileURL }] = await Promise.all([
    import("node:fs/promises"),
    import("node:path"),
    import("node:url"),
  ]);
  const url = path.startsWith("file:") ? new URL(path) : pathToFileURL(resolve(path));
  const found = await stat(url).catch((error: unknown) => {
    throw fileError(error, path, "read");
  });
  if (!found.isFile()) throw new InputError("is no file", `give a module that exports ${one}`, path);
  return url;
}

/** A module may await at its top level what never comes. */
async function patiently<Result>(work: Promise<Result>, place: string): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = `is not loaded after ${PATIENCE_SECONDS} seconds`;
    const error = new InputError(problem, "do not wait at the top level for what may not come", place);
    timer = setTimeout(() => reject(error), PATIENCE_SECONDS * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
