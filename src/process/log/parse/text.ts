/** The text of a call log, for programs that show or edit it. */
import { InputError } from "../../../errors.js";
import type { TraceInput } from "../../../trace/trace.js";
import { sizeText } from "../../../units.js";
import { openLog } from "./source.js";

/** Options of `logText`. */
export interface LogTextOptions {
  /** The log's name in messages. */
  name?: string;
  /** Limit on the text's characters; default: 32 MiB. */
  mostBytes?: number;
}

/** Those of text but tabs and carriage returns: tracers escape them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters.
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/;
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * The lines of a call log as they are, decompressed, with a line feed after each. Throws `InputError` for a longer log, for
 * a trace of references, and for what is not text.
 */
export async function logText(input: TraceInput, options: LogTextOptions = {}): Promise<string> {
  const { name, mostBytes = MOST_BYTES } = options;
  const { lines, description, close } = await openLog(input, name);
  try {
    if (lines === undefined) {
      const problem = `is a ${description.format} trace, not a call log`;
      throw new InputError(problem, "give a log with one call a line", description.path);
    }
    const found: string[] = [];
    let characters = 0;
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      if (CONTROL.test(line)) {
        const problem = `has control characters in line ${found.length + 1}, so it is not text`;
        throw new InputError(problem, "give a call log, as strace writes it", description.path);
      }
      found.push(`${line}\n`);
      characters += line.length + 1;
      if (characters <= mostBytes) continue;
      const problem = `has more than ${sizeText(mostBytes)} of text`;
      throw new InputError(problem, "give a part of it, or run it with pagewalk run", description.path);
    }
    return found.join("");
  } finally {
    await close();
  }
}
