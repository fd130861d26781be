/**
 * Loads custom policies and allocators from files: a module whose default export, or whose export with the name of the
 * kind, is a definition.
 */
import { InputError } from "../errors.js";
import { type CustomDefinition, type CustomKind, checkCustom } from "./definition.js";
import { importFault } from "./fault.js";
import { moduleUrl } from "./module-url.node.js";

/** Time limit for loading a file, which may await something that never happens. */
const TIMEOUT_SECONDS = 30;

/** The origin of a definition, and how other threads get it. */
export interface CustomSource<Definition extends CustomDefinition> {
  /** Name in messages: the file as given, or the definition's name. */
  readonly place: string;
  /** The file's URL; without it, the definition exists only in this thread. */
  readonly url?: string | undefined;
  /** Absent if another thread sent the source: functions cannot be posted. */
  readonly definition?: Definition | undefined;
}

/** The definition in a file. Throws `InputError`. */
export async function loadCustom<Definition extends CustomDefinition>(
  path: string,
  kind: CustomKind,
): Promise<CustomSource<Definition> & { definition: Definition }> {
  const url = await moduleUrl(path, kind);
  const source = { place: path, url: url.href };
  return { ...source, definition: await definitionOf<Definition>(source, kind) };
}

/** The source's definition, imported if it came without one. */
export async function definitionOf<Definition extends CustomDefinition>(
  source: CustomSource<Definition>,
  kind: CustomKind,
): Promise<Definition> {
  if (source.definition !== undefined) return source.definition;
  const { place, url = "" } = source;
  const module = await withTimeout(import(/* @vite-ignore */ /* webpackIgnore: true */ url), place).catch(
    (error: unknown) => {
      throw error instanceof InputError ? error : importFault(error, source);
    },
  );
  const exported: unknown = module.default ?? module[kind.noun];
  if (exported === undefined) {
    const names = Object.keys(module).join(", ");
    const problem = names === "" ? "exports nothing" : `exports ${names}, and no ${kind.noun}`;
    throw new InputError(problem, `export one as default, or under the name ${kind.noun}`, place);
  }
  checkCustom(exported, kind, place);
  return exported as Definition;
}

/** A path has a slash or the suffix of a module. */
export function isPath(name: string): boolean {
  return /[/\\]|\.m?js(?::|$)/.test(name.trim());
}

/** A module may wait forever in a top-level await. */
async function withTimeout<Result>(work: Promise<Result>, place: string): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = `is not loaded after ${TIMEOUT_SECONDS} seconds`;
    const error = new InputError(problem, "check the top-level await of the module", place);
    timer = setTimeout(() => reject(error), TIMEOUT_SECONDS * 1000);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
