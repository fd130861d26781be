/** execve in a log: the program replaces the one of its process, at the addresses that the following calls show. */
import { exec } from "../../program/exec.js";
import type { ReadProgram } from "../../program/programs.js";
import type { Argument } from "../parse/argument.js";
import type { CallEntry } from "../parse/entry.js";
import { UNKNOWN } from "./executed-path.js";
import { learnStart } from "./learn-bases.js";
import { isFixedStatic, matchesStart, placed, substitute } from "./substitute.js";
import type { Task, Tasks } from "./tasks.js";

/** Bytes of a program's environment and auxiliary vector. */
const DEFAULT_ENVIRONMENT = 2048;

interface Start {
  readonly task: Task;
  readonly entry: CallEntry;
  readonly tasks: Tasks;
  readonly readProgram: ReadProgram | undefined;
  /** The following lines. */
  upcoming(): AsyncIterable<string> | Iterable<string>;
}

/** The reason why a program of typical shape is used instead: the file that is lacking, or that is another program. */
export interface MissingProgram {
  readonly file: string;
  readonly isOther: boolean;
}

/** Starts the program at that path; undefined: without one, as the log has no path. */
export async function startProgram(
  path: string,
  { task, entry, tasks, readProgram, upcoming }: Start,
): Promise<MissingProgram | undefined> {
  const { findProgram } = await import("../../program/programs.js");
  const { layout } = task.memory.process.system;
  const start = await learnStart(upcoming(), entry);
  const { program, interpreter, missing } = await findProgram(path, readProgram);
  const isSame = program !== undefined && matchesStart(program.elf, start);
  const loaded = isSame ? placed(program, interpreter, start, layout) : substitute(path, start, layout);
  exec(tasks.replace(task), { ...loaded, argumentBytes: bytesOf(entry.args), line: entry.line });
  return isSame ? undefined : { file: missing ?? path, isOther: missing === undefined };
}

/**
 * Starts a program whose execve is not in the log (strace -e trace=memory), if the log begins as a program does: with its
 * break, and with calls on what only a program and its linker have. Returns whether it did.
 */
export async function startUnrecorded({
  task,
  entry,
  tasks,
  upcoming,
}: Omit<Start, "readProgram">): Promise<boolean> {
  const { layout } = task.memory.process.system;
  const start = await learnStart(upcoming(), entry);
  const isProtected = start.program !== undefined || start.linker !== undefined;
  if (!isProtected && !isFixedStatic(start, layout)) return false;
  exec(tasks.replace(task), { ...substitute(UNKNOWN, start, layout), line: entry.line });
  return true;
}

/** Bytes of the arguments. The log does not show the size of the environment. */
function bytesOf(args: readonly Argument[]): bigint {
  const argv = args.find(({ kind }) => kind === "list");
  const texts = argv?.kind === "list" ? argv.items : [];
  const bytes = texts.reduce((sum, one) => sum + (one.kind === "text" ? one.text.length + 1 : 0), 0);
  return BigInt(DEFAULT_ENVIRONMENT + bytes);
}
