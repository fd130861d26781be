/**
 * Lines that belong to no call: the program's output, messages of a shell. They are passed over and counted. A file that
 * is mostly such lines is not a call log.
 */
import { InputError } from "../../../errors.js";
import { quote } from "../../../printable.js";
import { LOOKS } from "./grammar.js";

/** So many lines are read before a log is refused. */
const PATIENCE = 1000;

export class OtherLines {
  count = 0;
  private first: { readonly line: number; readonly text: string } | undefined;

  constructor(private readonly file: string) {}

  /** `calls`: the calls so far. Throws `InputError` if there are few among so many lines. */
  add(line: number, text: string, calls: number): void {
    this.count++;
    this.first ??= { line, text };
    if (this.count >= PATIENCE) this.mustBeFew(calls);
  }

  /** Throws `InputError` if most lines are no calls. */
  mustBeFew(calls: number): void {
    const { first } = this;
    if (this.count <= calls || first === undefined) return;
    throw new InputError(this.fault(first.text), LOOKS, `${this.file}:${first.line}`);
  }

  /** Undefined if there is none. */
  warning(): string | undefined {
    const { first } = this;
    if (this.count === 0 || first === undefined) return undefined;
    return `${this.file}:${first.line}: ${this.fault(first.text)}; such lines are skipped`;
  }

  private fault(text: string): string {
    const others = this.count - 1;
    const also =
      others === 0 ? "" : `, nor ${others === 1 ? "is 1 other line" : `are ${others} other lines`}`;
    return `${quote(text)} is not a call${also}`;
  }
}
