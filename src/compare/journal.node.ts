/**
 * The file of `--resume`: results of simulations, one line each, written as soon as they are done, so that a stopped
 * comparison can be resumed.
 *
 *   {"journal":"pagewalk compare","version":1}                                   the header
 *   {"content":"9f86…","format":"lirs","policy":"lru",…,"outcome":{"hits":…}}     a simulation and its outcome
 *
 * A row is reused if everything that determines its numbers is equal (sweep/identity.node.ts). So one file serves any
 * traces and options, in any order, and rows are never mixed.
 *
 * Simulations of custom policies are always repeated: changes of their modules and imports cannot be detected.
 *
 * The file is only appended to, one write per line, followed by a flush to the disk. A line that cannot be read, such
 * as the last one after a crash, is skipped and its simulation repeated.
 */
import { type FileHandle, open } from "node:fs/promises";
import * as v from "valibot";
import { InputError, optionNamed } from "../errors.js";
import type { ComparedPolicy } from "../policy/compared.js";
import type { SimulationOutcome } from "../simulate/simulate.js";
import { type Identity, identity, keyOf, simulated, simulatedOf } from "../sweep/identity.node.js";
import { outcome } from "../sweep/outcome.js";
import { fileError } from "../trace/file-errors.js";

const HEADER = `${JSON.stringify({ journal: "pagewalk compare", version: 1 })}\n`;

const line = v.object({ ...identity.entries, ...simulated.entries, outcome });
type Line = v.InferOutput<typeof line>;

/** A finished simulation. */
export interface Done {
  readonly policy: ComparedPolicy;
  readonly frames: number;
  readonly outcome: SimulationOutcome;
}

/** Opens or creates the journal at `path`. Throws `InputError` if the file is not a journal. */
export async function openJournal(path: string): Promise<Journal> {
  try {
    const file = await open(path, "a+");
    try {
      return new Journal(file, path, await readLines(file, path));
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw fileError(error, path, "write");
  }
}

/** The lines after the header, which is written if it is missing or truncated. */
async function readLines(file: FileHandle, path: string): Promise<string> {
  const refusal = new InputError(
    "is not a journal of compare",
    `name a file that ${optionNamed("resume")} wrote, or a new one`,
    path,
  );
  if (!(await file.stat()).isFile()) throw refusal;
  const head = Buffer.alloc(HEADER.length);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const start = head.toString("latin1", 0, bytesRead);
  if (!HEADER.startsWith(start)) throw refusal;
  if (start === HEADER) return (await file.readFile("utf8")).slice(HEADER.length);
  await file.appendFile(HEADER.slice(start.length));
  return "";
}

/** A file to append to. It is not Node's type, which the declarations of the package would then need. */
interface LogFile {
  appendFile(text: string): Promise<void>;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export class Journal {
  private readonly outcomes = new Map<string, Line["outcome"]>();
  /** The last line was truncated: the next one must start on a new line. */
  private torn: boolean;
  private readonly requested = new Set<string>();

  constructor(
    private readonly file: LogFile,
    readonly path: string,
    text: string,
  ) {
    this.torn = text !== "" && !text.endsWith("\n");
    for (const one of text.split("\n")) {
      const known = readLine(one);
      if (known !== undefined) this.outcomes.set(keyOf(known), known.outcome);
    }
  }

  /** Rows found for this comparison. */
  get found(): number {
    return this.requested.size;
  }

  /** Rows of other traces, policies or options. */
  get others(): number {
    return this.outcomes.size - this.found;
  }

  /** The part of the journal for the simulations that share `identity`. */
  of(identity: Identity, timeline: boolean): TraceJournal {
    return new TraceJournal(this, identity, timeline);
  }

  /** The outcome of a simulation; undefined if a timeline is requested and it has none. */
  find(key: string, timeline: boolean): SimulationOutcome | undefined {
    const outcome = this.outcomes.get(key);
    if (outcome === undefined || (timeline && outcome.timeline === undefined)) return undefined;
    this.requested.add(key);
    return outcome;
  }

  async append(lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return;
    const text = lines.map((one) => `${JSON.stringify(one)}\n`).join("");
    try {
      await this.file.appendFile(this.torn ? `\n${text}` : text);
      await this.file.datasync();
    } catch (error) {
      throw fileError(error, this.path, "write");
    }
    this.torn = false;
  }

  close(): Promise<void> {
    return this.file.close();
  }
}

export class TraceJournal {
  constructor(
    private readonly journal: Journal,
    private readonly identity: Identity,
    private readonly timeline: boolean,
  ) {}

  find(policy: ComparedPolicy, frames: number): SimulationOutcome | undefined {
    if (policy.custom !== undefined) return undefined;
    const found = this.journal.find(
      keyOf({ ...this.identity, ...simulatedOf(policy, frames) }),
      this.timeline,
    );
    if (found === undefined || this.timeline) return found;
    const { timeline: _, ...outcome } = found;
    return outcome;
  }

  /** Appends finished simulations. */
  add(done: readonly Done[]): Promise<void> {
    return this.journal.append(
      done
        .filter(({ policy }) => policy.custom === undefined)
        .map(({ policy, frames, outcome }) => ({
          ...this.identity,
          ...simulatedOf(policy, frames),
          outcome: { ...outcome },
        })),
    );
  }
}

/** Undefined for an invalid or truncated line. */
function readLine(text: string): Line | undefined {
  try {
    const { success, output } = v.safeParse(line, JSON.parse(text));
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}
