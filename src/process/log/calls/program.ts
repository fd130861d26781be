/** execve in a log: the program replaces the one of its process, at the addresses that the following calls show. */
import { exec } from "../../program/exec.js";
import type { ReadProgram } from "../../program/programs.js";
import type { Argument } from "../parse/argument.js";
import type { CallEntry } from "../parse/entry.js";
import { learnBases } from "./learn-bases.js";
import type { Task, Tasks } from "./tasks.js";

/** Bytes of a program's environment and auxiliary vector. */
const USUAL_ENVIRONMENT = 2048;

interface Start {
  readonly task: Task;
  readonly entry: CallEntry;
  readonly tasks: Tasks;
  readonly readProgram: ReadProgram | undefined;
  /** The following lines. */
  upcoming(): AsyncIterable<string> | Iterable<string>;
}

/** The file that was not available, so that a typical program is used; undefined if all were. */
export async function startProgram(
  path: string,
  { task, entry, tasks, readProgram, upcoming }: Start,
): Promise<string | undefined> {
  const { findProgram } = await import("../../program/programs.js");
  const { arch } = task.memory.process.system.layout;
  const { program, interpreter, missing } = await findProgram(path, readProgram, arch);
  const isStandIn = missing !== undefined;
  const bases = await learnBases(upcoming(), { pid: entry.pid, elf: program.elf, isStandIn });
  const argumentBytes = bytesOf(entry.args[1]);
  exec(tasks.replace(task), { program, interpreter, bases, argumentBytes, line: entry.line });
  return missing;
}

/** Bytes of the arguments. The log does not show the size of the environment. */
function bytesOf(argv: Argument | undefined): bigint {
  const texts = argv?.kind === "list" ? argv.items : [];
  const bytes = texts.reduce((sum, one) => sum + (one.kind === "text" ? one.text.length + 1 : 0), 0);
  return BigInt(USUAL_ENVIRONMENT + bytes);
}
