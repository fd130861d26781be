/**
 * A naive reader of heap logs: regular expressions for the text, maps for threads and blocks. assembly/trace/heap and
 * assembly/heap/resolver.ts are compared with it.
 */
import { MALLOPT } from "../log-text.js";
import type { Operation } from "./read.js";

/** Arguments that each call takes. */
const CALLS: Readonly<Record<string, number>> = {
  malloc: 1,
  calloc: 2,
  realloc: 2,
  reallocarray: 3,
  free: 1,
  memalign: 2,
  aligned_alloc: 2,
  posix_memalign: 3,
  valloc: 1,
  pvalloc: 1,
  malloc_usable_size: 1,
  malloc_trim: 1,
  mallopt: 2,
  thread_exit: 0,
};
const WORD = 2n ** 64n;

export type Parsed = Omit<Operation, "made" | "freed">;

interface Pending {
  name: string;
  args: string;
  depth: number;
}

export class BadLine extends Error {
  constructor(readonly line: number) {
    super(`line ${line}`);
  }
}

/** The operations of a text whose last line has a line end. Throws `BadLine`. */
export function parseText(text: string): Parsed[] {
  const parser = new Parser();
  for (const [n, line] of text.split("\n").slice(0, -1).entries()) parser.take(line, n + 1);
  return parser.operations;
}

class Parser {
  readonly operations: Parsed[] = [];
  private readonly threads = new Map<string, number>();
  private readonly pending = new Map<string, Pending>();

  take(raw: string, line: number): void {
    let text = raw.replace(/[ \r]+$/, "").replace(/^[ \t]+/, "");
    let pid = "";
    for (;;) {
      const [all, own, , bare] = /^(?:\[pid ([^\]]*)\]|(\[[^\]]*\])|(\d[\d.:]*)(?= ))[ \t]*/.exec(text) ?? [];
      if (all === undefined) break;
      const number = (own ?? bare ?? "").replace(/^[ \t]+/, "");
      if (!/[.:]/.test(bare ?? "") && /^\d/.test(number)) {
        const value = BigInt(/^\d+/.exec(number)?.[0] ?? 0);
        if (value < 0xffffffffn) pid = String(value);
      }
      text = text.slice(all.length);
    }
    if (text.startsWith("#")) return;
    const resumed = /^<\.\.\. (\w+)(?:@[^ ]*)? resumed>[ \t]*,?/.exec(text);
    if (text.startsWith("<... ")) {
      const [all = "", name = ""] = resumed ?? [];
      if (name in CALLS) this.resume(pid, name, text.slice(all.length), line);
      return;
    }
    if (text.startsWith("+++ exited") && pid !== "") {
      this.exit(pid, line);
      return;
    }
    const paren = text.indexOf("(");
    if (text.startsWith("+") && pid !== "") return;
    const name =
      /^(\w+)(?:@.*)?$/.exec(paren < 0 ? "" : (text.slice(0, paren).split("->").at(-1) ?? ""))?.[1] ?? "";
    if (!(name in CALLS)) return;
    if (!this.threads.has(pid)) this.threads.set(pid, this.threads.size);
    const waiting = this.pending.get(pid);
    if (waiting !== undefined) {
      if (/<unfinished |<no return /.test(text.slice(paren))) waiting.depth++;
      return;
    }
    this.begin(pid, name, text.slice(paren + 1), line);
  }

  private begin(pid: string, name: string, rest: string, line: number): void {
    const [all, list = "", end = ""] = /^((?:\(nil\)|[^<)])*)(\)|<unfinished |<no return )/.exec(rest) ?? [];
    if (all === undefined) throw new BadLine(line);
    if (end === ")") {
      this.finish(pid, name, list, rest.slice(all.length), line);
      return;
    }
    const args = argumentsOf(name, list, line, true);
    this.pending.set(pid, { name, args: list, depth: 0 });
    if (name !== "free") return;
    if (args.length === 0) throw new BadLine(line);
    this.put(pid, name, args, 0n, line);
  }

  private resume(pid: string, name: string, rest: string, line: number): void {
    const waiting = this.pending.get(pid);
    if (waiting === undefined) throw new BadLine(line);
    if (waiting.depth > 0) {
      waiting.depth--;
      return;
    }
    if (waiting.name !== name) throw new BadLine(line);
    this.pending.delete(pid);
    if (name === "free") return;
    const [all, more = "", end = ""] = /^((?:\(nil\)|[^<)])*)(\)|<unfinished |<no return )/.exec(rest) ?? [];
    if (all === undefined || end === "<unfinished ") throw new BadLine(line);
    if (end !== ")") {
      argumentsOf(name, join(waiting.args, more), line, true);
      return;
    }
    this.finish(pid, name, join(waiting.args, more), rest.slice(all.length), line);
  }

  private finish(pid: string, name: string, list: string, rest: string, line: number): void {
    const args = argumentsOf(name, list, line, false);
    const tail =
      /^[ \t]*(?:=[ \t]*(<void>|\?|ENOMEM\w*|EINVAL\w*|-?\w+|\(nil\))[ \t]*(?:$|[#<(]|E[A-Z])|($|[#<(]))/;
    const [, result, none] = tail.exec(rest) ?? [undefined, undefined, undefined];
    if (result === undefined && (none === undefined || !["free", "thread_exit"].includes(name)))
      throw new BadLine(line);
    this.put(pid, name, args, result === undefined ? 0n : resultOf(result, line), line);
  }

  private put(pid: string, name: string, args: readonly bigint[], result: bigint, line: number): void {
    const [a = 0n, b = 0n, c = 0n] = args;
    const thread = this.threads.get(pid) ?? 0;
    if (name !== "posix_memalign") this.operations.push({ op: name, thread, a, b, c, result, line });
    else
      this.operations.push({ op: name, thread, a: b, b: c, c: result, result: result === 0n ? a : 0n, line });
  }

  private exit(pid: string, line: number): void {
    const thread = this.threads.get(pid);
    if (thread === undefined) return;
    this.pending.delete(pid);
    if (thread !== 0) this.put(pid, "thread_exit", [], 0n, line);
  }
}

function join(first: string, second: string): string {
  return [first, second].filter((part) => part.trim() !== "").join(",");
}

function argumentsOf(name: string, list: string, line: number, isOpen: boolean): bigint[] {
  const wanted = CALLS[name] ?? 0;
  const parts = list.split(",").map((part) => part.replace(/^[ \t]+|[ \t]+$/g, ""));
  if (parts.at(-1) === "") parts.pop();
  const args = parts.slice(0, wanted).map((part, n) => argument(name, part, n, line));
  if (!isOpen && args.length < wanted) throw new BadLine(line);
  return args;
}

function argument(name: string, text: string, n: number, line: number): bigint {
  if (name === "posix_memalign" && n === 0) {
    const [, inner] = /^\[(.*)\]$/.exec(text) ?? [];
    if (text.startsWith("[") && inner === undefined) throw new BadLine(line);
    return inner === undefined ? 0n : number(inner, line);
  }
  if (name !== "mallopt") return number(text, line);
  const value = MALLOPT[text] ?? number(text, line);
  return BigInt.asUintN(64, BigInt.asIntN(32, value));
}

function number(text: string, line: number): bigint {
  if (/^(nil|NULL|\(nil\))$/.test(text)) return 0n;
  if (!/^(0x[0-9a-f]+|-?[0-9]+)$/i.test(text)) throw new BadLine(line);
  const value = text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text.replace("X", "x"));
  if (value >= WORD || value < -(2n ** 63n)) throw new BadLine(line);
  return BigInt.asUintN(64, value);
}

function resultOf(text: string, line: number): bigint {
  if (text === "<void>" || text === "?") return 0n;
  if (text.startsWith("ENOMEM")) return 12n;
  if (text.startsWith("EINVAL")) return 22n;
  return number(text, line);
}

/** The same operations with blocks' numbers made comparable: in order of first appearance, each use a new one. */
export interface Resolved extends Parsed {
  /** The numbers of the block that the call made and of the one that it was given, from 0; undefined: none. */
  readonly made: number | undefined;
  readonly freed: number | undefined;
}

export interface NaiveFindings {
  readonly doubleFrees: number[];
  readonly invalidFrees: number[];
  readonly usesOfFreed: number[];
  readonly usesOfUnknown: number[];
  readonly unseenFrees: number[];
  readonly leaks: ReadonlyMap<bigint, { line: number; bytes: bigint }>;
}

/** Numbers blocks with a map of those in use and of those that were freed. Each block has a number of its own. */
export function resolve(operations: readonly Parsed[]): { operations: Resolved[]; findings: NaiveFindings } {
  const live = new Map<bigint, { number: number; line: number; bytes: bigint }>();
  const freed = new Set<bigint>();
  const findings = {
    doubleFrees: [],
    invalidFrees: [],
    usesOfFreed: [],
    usesOfUnknown: [],
    unseenFrees: [],
  } as {
    [Key in Exclude<keyof NaiveFindings, "leaks">]: number[];
  };
  const out: Resolved[] = [];
  let next = 0;
  /** Blocks of unknown address, the youngest last. */
  const unaddressed: { alignment: bigint; number: number; line: number; bytes: bigint }[] = [];
  const learn = (address: bigint) => {
    const at = unaddressed.findLastIndex(({ alignment }) => address % (alignment || 1n) === 0n);
    const [block] = at < 0 ? [] : unaddressed.splice(at, 1);
    if (block !== undefined) live.set(address, block);
  };
  const make = (operation: Parsed, number: number): number => {
    const address = operation.result;
    const had = live.get(address);
    if (had !== undefined) {
      findings.unseenFrees.push(operation.line);
      const { thread, line } = operation;
      out.push({
        op: "free",
        thread,
        a: address,
        b: 0n,
        c: 0n,
        result: 0n,
        line,
        made: undefined,
        freed: had.number,
      });
    }
    live.set(address, { number, line: operation.line, bytes: requestOf(operation) });
    return number;
  };
  const drop = (address: bigint) => {
    live.delete(address);
    freed.add(address);
  };
  for (const operation of operations) {
    const { op, a, result, line, c } = operation;
    let [made, given] = [undefined, undefined] as (number | undefined)[];
    const isResize = op.startsWith("realloc");
    const takes = op === "free" || op === "malloc_usable_size" || isResize;
    if (takes && a !== 0n && !live.has(a)) learn(a);
    const block = live.get(a);
    if (op === "free") {
      if (block !== undefined) {
        given = block.number;
        drop(a);
      } else if (a !== 0n) (freed.has(a) ? findings.doubleFrees : findings.invalidFrees).push(line);
    } else if (op === "malloc_usable_size" || (isResize && a !== 0n)) {
      given = block?.number;
      if (a !== 0n && block === undefined)
        (freed.has(a) ? findings.usesOfFreed : findings.usesOfUnknown).push(line);
      if (isResize && result !== 0n) {
        if (block !== undefined) drop(a);
        made = make(operation, given ?? next++);
      } else if (isResize && block !== undefined) {
        if (requestOf(operation) === 0n) drop(a);
        else made = given;
      }
    } else if (!["malloc_trim", "mallopt", "thread_exit"].includes(op)) {
      if (result !== 0n) made = make(operation, next++);
      else if (op === "posix_memalign" && c === 0n) {
        made = next++;
        unaddressed.push({ alignment: a, number: made, line, bytes: operation.b });
      }
    }
    out.push({ ...operation, made, freed: given });
  }
  return { operations: out, findings: { ...findings, leaks: live } };
}

function requestOf({ op, a, b, c }: Parsed): bigint {
  if (["malloc", "valloc", "pvalloc"].includes(op)) return a;
  if (op === "calloc") return (a * b) % WORD;
  return op === "reallocarray" ? (b * c) % WORD : b;
}

/**
 * Replaces reused numbers by unique ones, so that two numberings can be compared. Also checks that no number belongs to
 * two blocks at one time.
 */
export function unrecycled(operations: readonly Operation[]): Resolved[] {
  const names = new Map<number, number>();
  let next = 0;
  return operations.map((operation) => {
    const { op } = operation;
    const isEnd = op === "free" || op.startsWith("realloc");
    const freed = operation.freed === undefined ? undefined : names.get(operation.freed);
    if (operation.freed !== undefined && freed === undefined)
      throw new Error(`block ${operation.freed} is not in use`);
    if (isEnd && operation.freed !== undefined && operation.made !== operation.freed)
      names.delete(operation.freed);
    let made: number | undefined;
    if (operation.made !== undefined && operation.made === operation.freed) made = freed;
    else if (operation.made !== undefined) {
      if (names.has(operation.made)) throw new Error(`block ${operation.made} is in use already`);
      made = next++;
      names.set(operation.made, made);
    }
    return { ...operation, made, freed };
  });
}
