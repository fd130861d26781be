/** execve in a log: the program takes its process over, where the calls that follow tell that it lay. */
import { exec } from "../program/exec.js";
import type { ReadProgram } from "../program/programs.js";
import type { CallEntry } from "./call-log.js";
import type { Argument } from "./call-syntax.js";
import { learnBases } from "./learn-bases.js";
import type { Task, Tasks } from "./tasks.js";

/** Bytes of a program's environment, and of what the kernel tells it. */
const USUAL_ENVIRONMENT = 2048;

interface Start {
  readonly task: Task;
  readonly entry: CallEntry;
  readonly tasks: Tasks;
  readonly readProgram: ReadProgram | undefined;
  /** The lines that follow. */
  upcoming(): AsyncIterable<string> | Iterable<string>;
}

/** The file that was not at hand, so that a program of the usual shape stands in; undefined where all were. */
export async function startProgram(
  path: string,
  { task, entry, tasks, readProgram, upcoming }: Start,
): Promise<string | undefined> {
  const { findProgram } = await import("../program/programs.js");
  const { arch } = task.memory.process.system.layout;
  const { program, interpreter, missing } = await findProgram(path, readProgram, arch);
  const isStandIn = missing !== undefined;
  const bases = await learnBases(upcoming(), { pid: entry.pid, elf: program.elf, isStandIn });
  const argumentBytes = bytesOf(entry.args[1]);
  exec(tasks.replace(task), { program, interpreter, bases, argumentBytes, line: entry.line });
  return missing;
}

/** As many bytes as the arguments take; what the environment takes, the log does not tell. */
function bytesOf(argv: Argument | undefined): bigint {
  const texts = argv?.kind === "list" ? argv.items : [];
  const bytes = texts.reduce((sum, one) => sum + (one.kind === "text" ? one.text.length + 1 : 0), 0);
  return BigInt(USUAL_ENVIRONMENT + bytes);
}
