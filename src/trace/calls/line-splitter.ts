/** Splits chunks of text into lines. Memory is bounded by a chunk and a line. */
import { InputError } from "../../errors.js";
import type { ByteSource } from "../source.js";

/** Longest line accepted. */
const MOST_LINE = 1 << 20;

export class LineSplitter {
  /** Lines returned so far: the number of the last one. */
  line = 0;
  private readonly decoder = new TextDecoder();
  private lines: string[] = [];
  private at = 0;
  private rest = "";
  private ended = false;

  constructor(private readonly source: ByteSource) {}

  /** The next line that is already complete; undefined if more input is needed. */
  shift(): string | undefined {
    if (this.at === this.lines.length) return undefined;
    this.line++;
    return this.lines[this.at++];
  }

  /** The next line without its end; undefined after the last. Throws `InputError` for a line that is too long. */
  async next(): Promise<string | undefined> {
    while (this.at === this.lines.length) if (!(await this.fill())) return undefined;
    this.line++;
    return this.lines[this.at++];
  }

  private async fill(): Promise<boolean> {
    if (this.ended) return false;
    if (this.rest.length > MOST_LINE)
      throw new InputError(
        "the line has no end",
        "give a call log, as strace writes it",
        `${this.source.name}:${this.line + 1}`,
      );
    const chunk = await this.source.next();
    this.ended = chunk === undefined;
    const text = this.rest + this.decoder.decode(chunk, { stream: chunk !== undefined });
    this.lines = text.split("\n");
    this.at = 0;
    this.rest = this.ended ? "" : (this.lines.pop() ?? "");
    if (this.ended && this.lines.at(-1) === "") this.lines.pop();
    return true;
  }
}
