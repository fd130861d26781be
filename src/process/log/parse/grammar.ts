/**
 * The syntax of call logs, as strace, ltrace and people write it: `name(argument, …) = result`. It parses one line into
 * one call; `reader.ts` puts calls of several lines together.
 *
 *   [pid 12] 10:02:03.5 mmap(NULL, 8192, PROT_READ|PROT_WRITE, …) = 0x7ffff7fbb000 <0.000012>
 *   ip = malloc(40)        store(ip + 400000, 4) = SIGSEGV SEGV_MAPERR;      # a comment, // another
 */

import { quote } from "../../../printable.js";
import { CONSTANTS } from "../../names.js";
import { type Argument, evaluate, type Term } from "./argument.js";
import type { Expected } from "./result.js";
import { resultOf } from "./result.js";
import { SyntaxFault, whole } from "./syntax-fault.js";

export interface ParsedCall {
  readonly name: string;
  readonly args: readonly Argument[];
  /** Arguments that the log also gives by name: `child_stack=NULL`. */
  readonly named: ReadonlyMap<string, Argument>;
  /** The name for the result: `ip` in `ip = malloc(40)`. */
  readonly target: string | undefined;
  /** Undefined if the log has no result. */
  readonly expected: Expected | undefined;
}

/** The remedy for a line that is not a call. */
export const LOOKS = "write it as name(argument, …) = result";
const ESCAPE = /\\(x[0-9a-f]{2}|[0-7]{1,3}|.)/gi;
/** Limit of nesting, beyond that of real logs. */
const MOST_DEPTH = 16;

/** Parses `name(args) = result`; any prefix is already removed. Throws `SyntaxFault`. */
export function parseCall(text: string): ParsedCall {
  const scanner = new Scanner(text);
  try {
    return callOf(scanner, text);
  } catch (error) {
    if (error instanceof SyntaxFault) error.at = scanner.at;
    throw error;
  }
}

function callOf(scanner: Scanner, text: string): ParsedCall {
  let target: string | undefined;
  const assigned = /^([A-Za-z_]\w*)\s*=\s*(?=[A-Za-z_]\w*\s*\()/.exec(text);
  if (assigned !== null) {
    target = assigned[1];
    scanner.at = assigned[0].length;
  }
  const name = scanner.take(/[A-Za-z_][\w.]*(?:->\w+)?/y);
  if (name === undefined) throw new SyntaxFault(`${quote(text)} is not a call`, LOOKS);
  scanner.expect("(", `${name} has no arguments`);
  const named = new Map<string, Argument>();
  const args = scanner.list(")", named);
  return { name: name.replace(/^.*->/, ""), args, named, target, expected: scanner.result() };
}

/**
 * Parses only the name of a call whose arguments are not used and may have a special syntax (`[{WIFEXITED(s) &&
 * WEXITSTATUS(s) == 0}]`). Returns undefined if the text is not a call.
 */
export function parseName(text: string): ParsedCall | undefined {
  const [, name] = /^([A-Za-z_][\w.]*)\s*\(/.exec(text) ?? [];
  const isWhole = text.trimEnd().endsWith(")") || /\)\s*=\s*\S/.test(text);
  return name === undefined || !isWhole
    ? undefined
    : { name, args: [], named: new Map(), target: undefined, expected: undefined };
}

class Scanner {
  at = 0;

  constructor(private readonly text: string) {}

  /** Matches the sticky pattern here, after optional white space, and moves past it. */
  take(pattern: RegExp): string | undefined {
    this.skip();
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** Skips white space, and strace's comments. */
  private skip(): void {
    for (;;) {
      while (this.text[this.at] === " " || this.text[this.at] === "\t") this.at++;
      if (!this.text.startsWith("/*", this.at)) return;
      const end = this.text.indexOf("*/", this.at + 2);
      if (end < 0) return;
      this.at = end + 2;
    }
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
      if (this.peek() === "") throw new SyntaxFault(`a "${close}" is missing`, "complete the line");
      // A name that strace adds to arguments of clone and prlimit: child_stack=NULL.
      const name = this.take(/[a-z_]\w*(?==)/y);
      if (name !== undefined) this.at++;
      const item = this.argument(depth);
      items.push(item);
      if (name !== undefined) named?.set(name, item);
      // strace separates the members of a set by blanks, and shortens long lists.
      this.take(/\.\.\./y);
      if (this.peek() === ",") this.at++;
      else if (this.peek() !== close && this.peek() !== "" && close !== "]")
        throw new SyntaxFault(`${quote(this.text.slice(this.at))} was not expected`, LOOKS);
    }
    this.at++;
    return items;
  }

  /** An argument. Skips the value that the call wrote there, which may follow it. */
  private argument(depth: number): Argument {
    const value = this.simple(depth);
    while (this.take(/=>/y) !== undefined) this.simple(depth);
    return value;
  }

  private simple(depth: number): Argument {
    this.take(/~(?=\[)/y);
    const first = this.peek();
    if (first === '"' || first === "@") {
      const text = this.quoted();
      this.context();
      return { kind: "text", text };
    }
    if (first === "[") {
      this.at++;
      return { kind: "list", items: this.list("]", undefined, depth + 1) };
    }
    if (first === "{") return this.struct(depth + 1);
    if (this.take(/\.\.\./y) !== undefined) return { kind: "text", text: "..." };
    if (this.take(/\(nil\)/y) !== undefined) return { kind: "number", value: 0n };
    const value = this.expression();
    const path = this.path();
    const gone = path === undefined ? undefined : this.take(/\(deleted\)/y);
    this.context();
    if (path !== undefined && value.kind === "number")
      return { ...value, path: path + (gone === undefined ? "" : ` ${gone}`) };
    if (this.peek() === "(") {
      // A nested call (makedev(…)): its arguments are not used.
      this.at++;
      this.list(")", undefined, depth + 1);
    }
    return value;
  }

  /**
   * Takes the path or socket of a descriptor (strace -y, -yy): `</lib/libc.so>`, `</dev/zero<char 1:5>>`,
   * `<TCP:[10.0.0.1:80->…]>`. A path has its angle brackets escaped.
   */
  private path(): string | undefined {
    const socket = this.take(/<[A-Z][A-Za-z0-9-]*:\[/y);
    if (socket !== undefined) {
      const end = this.text.indexOf("]>", this.at);
      if (end < 0) throw new SyntaxFault('a "]>" is missing', "complete the line");
      const rest = this.text.slice(this.at, end + 1);
      this.at = end + 2;
      return socket.slice(1) + rest;
    }
    const file = this.take(/<[^<>]*(?:<[^<>]*>)?>/y);
    return file
      ?.slice(1, -1)
      .replace(/<[^<>]*>$/, "")
      .replace(ESCAPE, (_, code: string) => unescaped(code));
  }

  /** Skips the security context of a file: `"/etc/passwd" [system_u:object_r:passwd_file_t:s0]` (strace --secontext). */
  private context(): void {
    this.take(/\[[A-Za-z_][\w.:,!-]*\]/y);
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
          rest === "" ? "the line ends too early" : `${quote(rest)} was not expected`,
          LOOKS,
        );
      }
      const value = wordValue(word);
      terms.push({
        operator: sign === undefined ? operator : operator === "-" ? "+" : "-",
        value: value ?? word,
      });
      const next = this.take(/\||<<|[+*]|-/y);
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
      if (this.peek() === "") throw new SyntaxFault('a "}" is missing', "complete the line");
      const name = this.take(/[A-Za-z_]\w*(?=\s*[=:])/y);
      if (name !== undefined) this.take(/[=:]/y);
      fields.set(name ?? String(n), this.argument(depth));
      this.take(/\.\.\./y);
      if (this.peek() === ",") this.at++;
    }
    this.at++;
    return { kind: "struct", fields };
  }

  private quoted(): string {
    const raw = this.take(/@?"[^"\\]*(?:\\.[^"\\]*)*"/y);
    if (raw === undefined) throw new SyntaxFault("a quotation mark is missing", "complete the line");
    return raw.replace(/^@?"|"$/g, "").replace(ESCAPE, (_, code: string) => unescaped(code));
  }

  /** The text after the arguments. */
  result(): Expected | undefined {
    if (this.take(/=/y) === undefined) {
      const rest = this.text.slice(this.at).trim();
      if (/^;?\s*(#|\/\/|$)/.test(rest)) return undefined;
      throw new SyntaxFault(`${quote(rest)} follows the call`, LOOKS);
    }
    if (this.peek() === "{") return this.structure();
    return resultOf(withoutRemark(this.text.slice(this.at)));
  }

  private structure(): Expected {
    const struct = this.struct(1);
    const rest = this.text.slice(this.at).trim();
    if (!/^;?\s*(#|\/\/|<[\d.]+>$|$)/.test(rest))
      throw new SyntaxFault(`${quote(rest)} follows the result`, LOOKS);
    const fields = new Map<string, bigint>();
    for (const [name, value] of struct.kind === "struct" ? struct.fields : []) {
      if (value.kind === "number") fields.set(name, value.value);
      else if (value.kind !== "text" || value.text !== "...")
        throw new SyntaxFault(`field ${name} of the result is not a number`, "give whole numbers");
    }
    return { kind: "struct", fields };
  }
}

/** The text before a comment and the semicolon of C. */
function withoutRemark(text: string): string {
  const remark = /(?:^|[\s;])(?:#|\/\/)/.exec(text);
  let rest = (remark === null ? text : text.slice(0, remark.index)).trimEnd();
  while (rest.endsWith(";")) rest = rest.slice(0, -1).trimEnd();
  return rest.trim();
}

function wordValue(word: string): bigint | undefined {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(word)) return whole(word);
  if (/^\d+\.\d+$/.test(word))
    throw new SyntaxFault(`${quote(word)} is not a whole number`, "addresses and sizes are in bytes");
  if (word === "NULL" || word === "nil") return 0n;
  return CONSTANTS.get(word);
}

function unescaped(code: string): string {
  if (/^x/i.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
  if (/^[0-7]+$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
  return { n: "\n", t: "\t", r: "\r" }[code] ?? code;
}
