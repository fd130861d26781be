/** The library and the model side by side: makes the same calls on both, and compares all visible state after each. */
import type { Answer as LibraryAnswer, OpenFile, System, Touch } from "#pagewalk/index.js";
import { pagemap } from "#pagewalk/process/proc/pagemap.js";
import { Process } from "#pagewalk/process/process.js";
import type { RawRegion } from "#pagewalk/wasm/process/structs.js";
import { VM_ACCOUNT, VM_EXEC, VM_GROWSDOWN, VM_WRITE } from "../../../assembly/abi/linux.js";
import {
  SPACE_ANONYMOUS,
  SPACE_BRK,
  SPACE_COMMITTED,
  SPACE_DATA,
  SPACE_EXECUTABLE,
  SPACE_FILE,
  SPACE_LOCKED,
  SPACE_SHARED,
  SPACE_STACK,
  SPACE_START_BRK,
  SPACE_TOTAL,
} from "../../../assembly/abi/process.js";
import { type Answer, Backing, has, isLocked, PAGE_BYTES } from "./memory.js";
import { type Layout, NaiveProcess, type Opened } from "./process.js";
import type { Run } from "./space.js";

export interface Pair {
  readonly library: Process;
  readonly model: NaiveProcess;
}

/** One call: its text, and its execution on both sides, which must agree. */
export interface Call {
  /** The process of the call, modulo the number of living processes. */
  readonly who: number;
  readonly text: () => string;
  readonly library: (process: Process, files: readonly FilePair[]) => string;
  readonly model: (process: NaiveProcess, files: readonly FilePair[], all: readonly NaiveProcess[]) => string;
  /** Calls that begin or end a process are the session's own. */
  readonly special?: "fork" | "exit";
}

/** A file as it is open on both sides. */
export interface FilePair {
  readonly library: string | OpenFile;
  readonly model: Opened;
}

const MODES = [undefined, "O_RDONLY", "O_WRONLY"] as const;
/** The number of ways in which each file is open: by its path alone, for reading, for writing. */
export const WAYS = MODES.length;

/** Sizes in bytes of the files that there are to map. */
export const FILES: readonly { readonly path: string; readonly bytes: number }[] = [
  { path: "/six", bytes: 6 * PAGE_BYTES },
  { path: "/three", bytes: 2 * PAGE_BYTES + 10 },
  { path: "/fifty", bytes: 50 * PAGE_BYTES },
];

const START_BRK = 0x555555560000;
const MOST_PROCESSES = 4;
const MAP_SHIFT = 4096;

export function layoutFor({ layout }: System): Layout {
  const page = (address: bigint) => Number(address) / PAGE_BYTES;
  return {
    lowest: page(layout.lowest),
    top: page(layout.taskSize),
    mapBase: page(layout.mmapBase),
    startBrk: START_BRK,
  };
}

export class Session {
  private readonly pairs: Pair[] = [];
  private readonly ended: Pair[] = [];
  /** Each file in each way, `WAYS` of one after the other. */
  private readonly files: readonly FilePair[];
  /** The library's objects, by number. */
  private readonly backings = new Map<number, Backing>();
  private readonly log: { pid: number; call: Call; answer: string }[] = [];
  private readonly copiesBefore: number;

  constructor(private readonly system: System) {
    this.copiesBefore = system.counters.copies;
    this.files = FILES.flatMap(({ path, bytes }) => {
      const backing = new Backing("file", 0);
      this.backings.set(system.file(path), backing);
      resize(system, path, bytes);
      backing.resize(Math.ceil(bytes / PAGE_BYTES));
      return MODES.map((mode, opening): FilePair => {
        const library = mode === undefined ? path : system.open(path, mode);
        return { library, model: { backing, mode: mode ?? "O_RDWR", opening } };
      });
    });
    const process = system.start();
    for (const field of [SPACE_START_BRK, SPACE_BRK]) process.space.kernel.setField(field, BigInt(START_BRK));
    this.add({ library: process, model: new NaiveProcess(layoutFor(system)) });
  }

  private add(pair: Pair): void {
    for (const signal of ["SIGSEGV", "SIGBUS"]) pair.library.handle(signal);
    this.pairs.push(pair);
  }

  /** Makes the call on both sides. Throws if they differ, with all calls up to this one. */
  step(call: Call): void {
    const pair = this.pairs[call.who % this.pairs.length];
    if (pair === undefined) return;
    const entry = { pid: pair.library.pid, call, answer: "" };
    this.log.push(entry);
    if (call.special === "fork") this.fork(pair);
    else if (call.special === "exit") this.exit(pair);
    else {
      entry.answer = call.library(pair.library, this.files);
      const all = this.pairs.map(({ model }) => model);
      const model = call.model(pair.model, this.files, all);
      if (entry.answer !== model) this.fail(`the model answers ${model}`);
    }
    if (this.pairs.includes(pair)) this.compare(pair);
  }

  private fork(pair: Pair): void {
    if (this.pairs.length === MOST_PROCESSES) return;
    const library = pair.library.fork();
    if (!(library instanceof Process)) this.fail("the library cannot fork");
    const child = { library, model: pair.model.fork() };
    this.add(child);
    this.compare(child);
  }

  private exit(pair: Pair): void {
    if (this.pairs.length === 1) return;
    pair.library.exit();
    pair.model.exit();
    this.pairs.splice(this.pairs.indexOf(pair), 1);
    this.ended.push(pair);
  }

  /** Compares all living processes, and ends them. */
  end(): void {
    for (const pair of this.pairs) this.compareAll(pair);
    const copies = [...this.pairs, ...this.ended].reduce((sum, { model }) => sum + model.counts.copies, 0);
    this.expect("copies", this.system.counters.copies - this.copiesBefore, copies);
    this.expect("soundness", this.system.isValid(), true);
    for (const { library } of this.pairs) library.exit();
    for (const { library } of [...this.pairs, ...this.ended]) this.system.processes.delete(library.pid);
  }

  private compareAll(pair: Pair): void {
    this.compare(pair);
    const library = [...pagemap(pair.library)].filter(({ content }) => content === "guard");
    const model = pair.model.space.numbers().filter((vpn) => pair.model.space.page(vpn).isGuarded);
    const addresses = library.map(({ address }) => Number(address) / PAGE_BYTES);
    this.expect("guards", addresses.join(), model.join());
  }

  private compare({ library, model }: Pair): void {
    const regions = library.rawRegions();
    const runs = model.space.regions();
    if (regions.length !== runs.length || !runs.every((run, n) => this.isSame(regions[n], run)))
      this.failRegions(library, runs);
    runs.forEach((run, n) => {
      const { rss, anonymous, pss, locked } = library.space.kernel.measure(n);
      const sums = measure(run);
      this.expect("Rss", rss, sums.rss, run);
      this.expect("Anonymous", anonymous, sums.anonymous, run);
      this.expect("Pss", pss, sums.pss, run);
      this.expect("Locked", locked, run.pages.every(isLocked) ? sums.pss : 0, run);
    });
    this.compareSums(library, model, runs);
  }

  private isSame(region: RawRegion | undefined, { start, end, pages }: Run): boolean {
    const first = pages[0];
    if (region === undefined || first === undefined) return false;
    if (Number(region.start) !== start * PAGE_BYTES || Number(region.end) !== end * PAGE_BYTES) return false;
    if ((region.flags | 0) !== (first.flags | 0)) return false;
    if (this.backingOf(region.object, first.backing) !== first.backing) return false;
    return first.backing === undefined || Number(region.pgoff) === first.index;
  }

  private compareSums(library: Process, model: NaiveProcess, runs: readonly Run[]): void {
    const field = (offset: number) => Number(library.field(offset));
    const { minor, major } = library.faults;
    this.expect("minor faults", minor, model.counts.minor);
    this.expect("major faults", major, 0);
    this.expect("locked pages", field(SPACE_LOCKED), model.limits.lockedPages);
    this.expect("pages", field(SPACE_TOTAL), model.space.pages.size);
    this.expect("data pages", field(SPACE_DATA), model.limits.dataPages);
    const resident = { private: 0, file: 0, shared: 0 };
    let stack = 0;
    let executable = 0;
    let charged = 0;
    for (const { pages } of runs) {
      for (const page of pages) {
        if (has(page, VM_ACCOUNT)) charged++;
        if (has(page, VM_GROWSDOWN)) stack++;
        else if ((page.flags & (VM_EXEC | VM_WRITE)) === VM_EXEC) executable++;
        const content = page.entry?.frame.content;
        if (content === "private") resident.private++;
        else if (content === "object" && page.backing !== undefined) resident[page.backing.kind]++;
      }
    }
    this.expect("anonymous pages", field(SPACE_ANONYMOUS), resident.private);
    this.expect("file pages", field(SPACE_FILE), resident.file);
    this.expect("shared pages", field(SPACE_SHARED), resident.shared);
    this.expect("stack pages", field(SPACE_STACK), stack);
    this.expect("executable pages", field(SPACE_EXECUTABLE), executable);
    this.expect("charged pages", field(SPACE_COMMITTED), charged);
  }

  /** The model's counterpart of the library's object. Shared anonymous memory is added when it first occurs. */
  private backingOf(object: number, candidate: Backing | undefined): Backing | undefined {
    const known = this.backings.get(object);
    if (known !== undefined || object === 0 || candidate?.kind !== "shared") return known;
    this.backings.set(object, candidate);
    return candidate;
  }

  private expect(what: string, library: unknown, model: unknown, run?: Run): void {
    if (library === model) return;
    this.fail(`${what}${run === undefined ? "" : ` of ${rangeOf(run)}`}: library ${library}, model ${model}`);
  }

  private failRegions(library: Process, runs: readonly Run[]): never {
    const theirs = library
      .rawRegions()
      .map(
        ({ start, end, flags, object, pgoff }) =>
          `  ${start.toString(16)}-${end.toString(16)} ${flags.toString(16)} ${object === 0 ? "" : `object ${object}, page ${pgoff}`}`,
      );
    const ours = runs.map((run) => {
      const { flags = 0, backing, index } = run.pages[0] ?? {};
      return `  ${rangeOf(run)} ${(flags >>> 0).toString(16)} ${backing === undefined ? "" : `${backing.kind}, page ${index}`}`;
    });
    this.fail(["regions differ; the library has", ...theirs, "the model", ...ours].join("\n"));
  }

  private fail(what: string): never {
    const lines = this.log.map(({ pid, call, answer }) => `[${pid}] ${call.text()} = ${answer}`);
    throw new Error([...lines, what].join("\n"));
  }
}

/** Sets the length of the file; added parts are read immediately. */
export function resize(system: System, path: string, bytes: number): void {
  system.resizeFile(path, BigInt(bytes));
  system.files.read(path, 0n, BigInt(bytes));
}

function rangeOf({ start, end }: Run): string {
  return `${(start * PAGE_BYTES).toString(16)}-${(end * PAGE_BYTES).toString(16)}`;
}

/** The sums of smaps for a region, with pss in 1/4096 byte. */
function measure({ pages }: Run): { rss: number; anonymous: number; pss: number } {
  let present = 0;
  let anonymous = 0;
  let pss = 0;
  for (const { entry } of pages) {
    if (entry === undefined || entry.frame.content === "zeros") continue;
    present++;
    if (entry.frame.content === "private") anonymous++;
    pss += Math.floor((PAGE_BYTES * MAP_SHIFT) / entry.frame.mapped);
  }
  return { rss: present * PAGE_BYTES, anonymous: anonymous * PAGE_BYTES, pss };
}

export function libraryAnswer({ value, error }: LibraryAnswer): string {
  return error === undefined ? `0x${value.toString(16)}` : `-1 ${error}`;
}

export function modelAnswer(answer: Answer): string {
  return typeof answer === "number" ? `0x${answer.toString(16)}` : `-1 ${answer}`;
}

export function libraryTouch({ signal }: Touch): string {
  return signal === undefined ? "ok" : `${signal.signal} ${signal.code} 0x${signal.address.toString(16)}`;
}
