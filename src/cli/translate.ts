/** `translate ADDRESS…` */
import { InputError, UsageError } from "../errors.js";
import { type AddressFields, addressFields } from "../machine/address-fields.js";
import { flagOf, type Values } from "../options/row.js";
import type { translateCommand } from "../options/translate.js";
import type { PageWalk } from "../process/proc/page-tables.js";
import { translationsJson, translationsText } from "../report/translate.js";
import { warn } from "./failure.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { Progress } from "./progress.js";
import { writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & Values<typeof translateCommand>;

export async function run(addresses: string[], options: Options): Promise<void> {
  const { arch, json, root, run: log } = options;
  if (log === undefined && root !== undefined) {
    throw new UsageError(`${flagOf("root")} is for programs of a log`, "give --run LOG too", "translate");
  }
  const split = await addressFields(addresses, arch === undefined ? {} : { arch });
  const walks = log === undefined ? undefined : await walksOf(split, log, options);
  if (json) writeJson(translationsJson(split, walks));
  else writeOut(await translationsText(split, walks, await outputStyle()));
}

/** The walks to the addresses in the page tables of the log's first living process. */
async function walksOf(split: readonly AddressFields[], log: string, options: Options): Promise<PageWalk[]> {
  const [{ runLog }, { pageWalk }, { pathsBelow, programsBelow }] = await Promise.all([
    import("../process/log/run/log.js"),
    import("../process/proc/page-tables.js"),
    import("../process/program/files.node.js"),
  ]);
  const { arch, root = "/" } = options;
  const name = log === "-" ? "<stdin>" : log;
  const progress = new Progress(options);
  try {
    const result = await runLog(log, {
      ...(arch !== undefined && { arch }),
      name,
      readProgram: programsBelow(root),
      realPath: pathsBelow(root),
      onProgress: progress.onRun,
    });
    progress.stop();
    if (result.stopped !== undefined) throw result.stopped;
    if (options.quiet !== true) result.warningWords.forEach(warn);
    const process = [...result.system.processes.values()].find(({ isAlive }) => isAlive);
    if (process === undefined) {
      throw new InputError(
        "ends when no process is alive, so there are no page tables",
        "remove the calls that end it",
        name,
      );
    }
    return split.map(({ address }) => pageWalk(process, address));
  } finally {
    progress.stop();
  }
}
