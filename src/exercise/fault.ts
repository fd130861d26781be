/** `fault`: a short program of mmap, mprotect, fork and accesses. Solved by processes on a simulated Linux. */
import { pagemap } from "../process/proc/pagemap.js";
import type { Process } from "../process/process.js";
import { spawn } from "../process/spawn.js";
import type { ExerciseQuestion } from "./answer.js";
import { type Draw, numbers } from "./draw.js";
import { type Difficulty, type Exercise, type Generator, paragraph } from "./exercise.js";

const PAGES = 4;
const PAGE_BYTES = 4096;
const ACCESS_BYTES = 4;
const OUTCOMES = ["nothing", "minor fault", "copy", "SEGV_MAPERR", "SEGV_ACCERR"];
/** Accesses before the first other call. */
const FIRST_ACCESSES = 2;
/** The processes' numbers in the log. */
const PARENT = 1;
const CHILD = 2;

export const fault: Generator = async (draw: Draw, { length }: Difficulty) => {
  const program = new Program(await spawn(), draw);
  program.access("store");
  while (program.questions.length < length) {
    if (program.questions.length < FIRST_ACCESSES || draw.chance(0.65)) program.access();
    else program.call();
  }
  const { lines, log, questions, steps } = program;
  return { parts: partsOf(lines), questions, input: { type: "calls", log, steps } };
};

/** A program that is made up as it runs. */
class Program {
  readonly lines: string[] = [];
  /** The lines as a call log, after one that sets the handler. */
  readonly log: string[] = [`[pid ${PARENT}] signal(SIGSEGV, handler)`];
  readonly questions: ExerciseQuestion[] = [];
  /** The line of each question in the log. */
  readonly steps: number[] = [];
  private readonly processes: Process[];
  private readonly start: bigint;
  /** Pages that a call has changed. A second change would ask for details of Linux's entries. */
  private readonly changed = new Set<number>();

  constructor(
    process: Process,
    private readonly draw: Draw,
  ) {
    process.handle("SIGSEGV");
    this.processes = [process];
    const [protection, flags] = ["PROT_READ|PROT_WRITE", "MAP_PRIVATE|MAP_ANONYMOUS"];
    this.start = process.mmap(0, PAGES * PAGE_BYTES, protection, flags).value;
    this.write(process, `p = mmap(NULL, ${PAGES * PAGE_BYTES}, ${protection}, ${flags}, -1, 0)`);
  }

  /** An access of one process, and its question. */
  access(kind: "load" | "store" = this.draw.one(["load", "store"])): void {
    const process = this.draw.one(this.processes);
    const offset = this.draw.whole(0, PAGES - 1) * PAGE_BYTES;
    const address = this.start + BigInt(offset);
    const before = frameAt(process, address);
    const { signal, minorFaults } = process[kind](address, ACCESS_BYTES);
    const after = frameAt(process, address);
    const isCopy = before !== undefined && after !== before;
    const outcome = minorFaults === 0 ? "nothing" : isCopy ? "copy" : "minor fault";
    const line = this.write(process, `${kind}(p + ${offset}, ${ACCESS_BYTES})`);
    this.steps.push(this.log.length);
    this.questions.push({
      prompt: `line ${this.lines.length}, ${line}`,
      form: "word",
      choices: OUTCOMES,
      answer: signal === undefined ? outcome : (signal.code ?? signal.signal),
      reason:
        signal === undefined
          ? reasonOf(kind, outcome, before === undefined)
          : signal.code === "SEGV_MAPERR"
            ? "no region contains the address"
            : `the page's protection does not allow a ${kind}`,
    });
  }

  /** A call that changes the region, or a fork. */
  call(): void {
    if (this.processes.length === 1 && this.draw.chance(0.4)) {
      const child = this.processes[0]?.fork();
      if (child === undefined || !("pid" in child)) throw new Error("the process cannot fork");
      this.lines.push("fork()");
      this.log.push(`[pid ${PARENT}] fork() = ${CHILD}`);
      this.processes.push(child);
      return;
    }
    const process = this.draw.one(this.processes);
    const page = this.draw.one(numbers(PAGES));
    if (this.changed.has(page)) return;
    this.changed.add(page);
    this.change(process, page * PAGE_BYTES);
  }

  private change(process: Process, offset: number): void {
    const address = this.start + BigInt(offset);
    const range = `(p + ${offset}, ${PAGE_BYTES}`;
    const name = this.draw.one(["mprotect", "munmap", "madvise"] as const);
    if (name === "munmap") {
      process.munmap(address, PAGE_BYTES);
      this.write(process, `munmap${range})`);
      return;
    }
    const argument = name === "madvise" ? "MADV_DONTNEED" : this.draw.one(["PROT_READ", "PROT_NONE"]);
    process[name](address, PAGE_BYTES, argument);
    this.write(process, `${name}${range}, ${argument})`);
  }

  /** Adds a line, with the process that runs it if there are two. */
  private write(process: Process, text: string): string {
    const isParent = process === this.processes[0];
    const line = this.processes.length === 1 ? text : `${isParent ? "parent" : "child"}: ${text}`;
    this.lines.push(line);
    this.log.push(`[pid ${isParent ? PARENT : CHILD}] ${text}`);
    return line;
  }
}

/** The frame that the process's entry for the page has; undefined: the page is not present. */
function frameAt(process: Process, address: bigint): number | undefined {
  const [page] = pagemap(process, address, address + BigInt(PAGE_BYTES));
  return page?.pfn;
}

function reasonOf(kind: "load" | "store", outcome: string, isFirst: boolean): string {
  if (outcome === "nothing") return `the page is present, and its entry allows a ${kind}`;
  if (isFirst)
    return kind === "load"
      ? "the page is not present: the zero page is mapped"
      : "the page is not present: it gets a frame of zeros";
  if (outcome === "copy")
    return "the frame is the zero page or shared with the other process: the page gets a frame of its own";
  return "the entry is read-only since the fork, but the frame is no longer shared: the entry is made writable";
}

function partsOf(lines: readonly string[]): Exercise["parts"] {
  const width = `${lines.length}`.length;
  return [
    paragraph(
      "A process on Linux runs these lines in order; after a fork, the parent and its child do. Pages have 4 KiB. " +
        "Both handle SIGSEGV, and go on after the access.",
    ),
    { type: "code", lines: lines.map((line, n) => `${`${n + 1}`.padStart(width)}  ${line}`) },
    paragraph(
      "A load of a page that is not present maps the zero page; a store gives the page a frame of its own, if it does not " +
        "have one that no other process maps.",
    ),
    paragraph(
      "For each access, the answer is nothing (no fault), minor fault (a page that was not present is mapped, or a " +
        "read-only entry is made writable), copy (a minor fault that replaces the frame of a page that was present), " +
        "SEGV_MAPERR or SEGV_ACCERR.",
    ),
  ];
}
