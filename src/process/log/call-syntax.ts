/**
 * The syntax of call logs, as strace, ltrace and people write it: `name(argument, …) = result`. One line in, one call out;
 * what goes over several lines is put together by `call-log.ts`.
 *
 *   [pid 12] 10:02:03.5 mmap(NULL, 8192, PROT_READ|PROT_WRITE, …) = 0x7ffff7fbb000 <0.000012>
 *   ip = malloc(40)        store(ip + 400000, 4) = SIGSEGV SEGV_MAPERR;      # a comment, // another
 */

import { CONSTANTS } from "../names.js";
import type { Expected } from "./result.js";
import { resultOf } from "./result.js";
import { SyntaxFault, shorten, whole } from "./syntax-fault.js";

export type Argument =
  /** `path`: of a file descriptor, where the log tells it: `3</lib/libc.so>` (strace -y). */
  | { readonly kind: "number"; readonly value: bigint; readonly path?: string }
  /** Symbols or numbers joined by `|`, `+`, `-`, `*` or `<<`, with a name among them that the log has given. */
  | { readonly kind: "expression"; readonly terms: readonly Term[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Argument[] }
  | { readonly kind: "struct"; readonly fields: ReadonlyMap<string, Argument> };

export interface Term {
  readonly operator: string;
  readonly value: bigint | string;
}

export interface ParsedCall {
  readonly name: string;
  readonly args: readonly Argument[];
  /** Arguments that the log gives by name as well: `child_stack=NULL`. */
  readonly named: ReadonlyMap<string, Argument>;
  /** The name that the result gets: `ip` of `ip = malloc(40)`. */
  readonly target: string | undefined;
  /** Undefined where the log does not say. */
  readonly expected: Expected | undefined;
}

const LOOKS = "write it as name(argument, …) = result";
/** Deeper nesting is nobody's. */
const MOST_DEPTH = 16;

/** Reads `name(args) = result`, anything before the name stripped already. Throws `SyntaxFault`. */
export function parseCall(text: string): ParsedCall {
  const scanner = new Scanner(text);
  let target: string | undefined;
  const assigned = /^([A-Za-z_]\w*)\s*=\s*(?=[A-Za-z_]\w*\s*\()/.exec(text);
  if (assigned !== null) {
    target = assigned[1];
    scanner.at = assigned[0].length;
  }
  const name = scanner.take(/[A-Za-z_][\w.]*(?:->\w+)?/y);
  if (name === undefined) throw new SyntaxFault(`${shorten(text)} is no call`, LOOKS);
  scanner.expect("(", `${name} has no arguments`);
  const named = new Map<string, Argument>();
  const args = scanner.list(")", named);
  return { name: name.replace(/^.*->/, ""), args, named, target, expected: scanner.result() };
}

/**
 * What is left of a call whose arguments nobody needs, and whose syntax may be of a kind of its own
 * (`[{WIFEXITED(s) && WEXITSTATUS(s) == 0}]`): its name; undefined when the text is no call at all.
 */
export function parseName(text: string): ParsedCall | undefined {
  const [, name] = /^([A-Za-z_][\w.]*)\s*\(.*\)\s*(?:=\s*\S.*)?$/.exec(text) ?? [];
  return name === undefined
    ? undefined
    : { name, args: [], named: new Map(), target: undefined, expected: undefined };
}

class Scanner {
  at = 0;

  constructor(private readonly text: string) {}

  /** What the sticky pattern finds here, passed over; white space before it too. */
  take(pattern: RegExp): string | undefined {
    this.skip();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private skip(): void {
    while (this.text[this.at] === " " || this.text[this.at] === "\t") this.at++;
  }

  private peek(): string {
    this.skip();
    return this.text[this.at] ?? "";
  }

  expect(symbol: string, problem: string): void {
    if (this.peek() !== symbol) throw new SyntaxFault(problem, LOOKS);
    this.at++;
  }

  list(close: string, named: Map<string, Argument> | undefined, depth = 0): Argument[] {
    const items: Argument[] = [];
    if (depth > MOST_DEPTH) throw new SyntaxFault("brackets are nested too deeply", LOOKS);
    for (;;) {
      if (this.peek() === close) break;
      if (this.peek() === "") throw new SyntaxFault(`a "${close}" is missing`, "is the line cut off?");
      // A name, as strace writes it of clone's and prlimit's: child_stack=NULL.
      const name = this.take(/[a-z_]\w*(?==)/y);
      if (name !== undefined) this.at++;
      const item = this.argument(depth);
      items.push(item);
      if (name !== undefined) named?.set(name, item);
      // strace separates a set's members by blanks, and leaves out what is too long.
      this.take(/\.\.\./y);
      if (this.peek() === ",") this.at++;
      else if (this.peek() !== close && this.peek() !== "" && close !== "]")
        throw new SyntaxFault(`${shorten(this.text.slice(this.at))} was not expected`, LOOKS);
    }
    this.at++;
    return items;
  }

  /** An argument as it was given, and past what may follow: what the call wrote there, a comment. */
  private argument(depth: number): Argument {
    const value = this.simple(depth);
    while (this.take(/=>/y) !== undefined) this.simple(depth);
    this.take(/\/\*.*?\*\//y);
    return value;
  }

  private simple(depth: number): Argument {
    this.take(/~(?=\[)/y);
    const first = this.peek();
    if (first === '"' || first === "@") return { kind: "text", text: this.quoted() };
    if (first === "[") {
      this.at++;
      return { kind: "list", items: this.list("]", undefined, depth + 1) };
    }
    if (first === "{") return this.struct(depth + 1);
    if (this.take(/\.\.\./y) !== undefined) return { kind: "text", text: "..." };
    if (this.take(/\(nil\)/y) !== undefined) return { kind: "number", value: 0n };
    const value = this.expression();
    const path = this.take(/<[^>]*>/y);
    if (path !== undefined && value.kind === "number") return { ...value, path: path.slice(1, -1) };
    if (this.peek() === "(") {
      // A call within a call (makedev(…)): its arguments say nothing here.
      this.at++;
      this.list(")", undefined, depth + 1);
    }
    return value;
  }

  private expression(): Argument {
    const terms: Term[] = [];
    let operator = "+";
    for (;;) {
      const sign = this.take(/-(?=\s*\w)/y);
      const word = this.take(/0x[0-9a-fA-F]+|\d+(?:\.\d+)?|[A-Za-z_][\w.]*|\?|'(?:[^'\\]|\\.)*'/y);
      if (word === undefined) {
        const rest = this.text.slice(this.at);
        throw new SyntaxFault(
          rest === "" ? "the line ends too early" : `${shorten(rest)} was not expected`,
          LOOKS,
        );
      }
      const value = numberOf(word);
      terms.push({
        operator: sign === undefined ? operator : operator === "-" ? "+" : "-",
        value: value ?? word,
      });
      const next = this.take(/\||<<|[+*]|-(?!1\b.*=)|-/y);
      if (next === undefined) break;
      operator = next;
    }
    return terms.every(({ value }) => typeof value === "bigint")
      ? { kind: "number", value: evaluate(terms, () => undefined) ?? 0n }
      : { kind: "expression", terms };
  }

  private struct(depth: number): Argument {
    this.at++;
    const fields = new Map<string, Argument>();
    if (depth > MOST_DEPTH) throw new SyntaxFault("brackets are nested too deeply", LOOKS);
    for (let n = 0; this.peek() !== "}"; n++) {
      if (this.peek() === "") throw new SyntaxFault('a "}" is missing', "is the line cut off?");
      const name = this.take(/[A-Za-z_]\w*(?=\s*=)/y);
      if (name !== undefined) this.expect("=", LOOKS);
      fields.set(name ?? String(n), this.argument(depth));
      this.take(/\.\.\./y);
      if (this.peek() === ",") this.at++;
    }
    this.at++;
    return { kind: "struct", fields };
  }

  private quoted(): string {
    const raw = this.take(/@?"[^"\\]*(?:\\.[^"\\]*)*"/y);
    if (raw === undefined) throw new SyntaxFault("a quotation mark is missing", "is the line cut off?");
    return raw
      .replace(/^@?"|"$/g, "")
      .replace(/\\(x[0-9a-f]{2}|[0-7]{1,3}|.)/gi, (_, code: string) => unescaped(code));
  }

  /** What follows the arguments. */
  result(): Expected | undefined {
    if (this.take(/=/y) === undefined) {
      const rest = this.text.slice(this.at).trim();
      if (/^;?\s*(#|\/\/|$)/.test(rest)) return undefined;
      throw new SyntaxFault(`${shorten(rest)} follows the call`, LOOKS);
    }
    const rest = this.text
      .slice(this.at)
      .replace(/(^|[\s;])(#|\/\/).*$/, "")
      .replace(/[\s;]+$/, "")
      .trim();
    return resultOf(rest);
  }
}

function numberOf(word: string): bigint | undefined {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(word)) return whole(word);
  if (/^\d+\.\d+$/.test(word))
    throw new SyntaxFault(`${shorten(word)} is no whole number`, "addresses and sizes are in bytes");
  if (word === "NULL" || word === "nil") return 0n;
  return CONSTANTS.get(word);
}

/** The terms' value; undefined when a name has none. Products bind closer than sums, `|` and `<<` are taken in turn. */
export function evaluate(
  terms: readonly Term[],
  named: (name: string) => bigint | undefined,
): bigint | undefined {
  let sum = 0n;
  let product: bigint | undefined;
  let sign = 1n;
  let isJoined = false;
  const settle = () => {
    if (product === undefined) return;
    sum = isJoined ? sum | product : sum + sign * product;
    product = undefined;
  };
  for (const { operator, value } of terms) {
    const number = typeof value === "bigint" ? value : named(value);
    if (number === undefined) return undefined;
    if (product !== undefined && operator === "*") product = BigInt.asUintN(64, product * number);
    else if (product !== undefined && operator === "<<")
      product = number < 64n ? BigInt.asUintN(64, product << number) : 0n;
    else {
      settle();
      product = number;
      sign = operator === "-" ? -1n : 1n;
      isJoined = operator === "|";
    }
  }
  settle();
  return BigInt.asUintN(64, sum);
}

function unescaped(code: string): string {
  if (/^x/i.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
  if (/^[0-7]+$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
  return { n: "\n", t: "\t", r: "\r" }[code] ?? code;
}
