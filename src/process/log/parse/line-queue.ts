/** The lines of a log, with lookahead. */
import type { LineSplitter } from "../../../trace/calls/line-splitter.js";

export class LineQueue {
  /** Lines read ahead; those from `at` on are not consumed yet. */
  private ahead: string[] = [];
  private at = 0;

  constructor(private readonly lines: LineSplitter) {}

  /** The next line that is already read; undefined if there is none. */
  shift(): string | undefined {
    if (this.at === this.ahead.length) return this.lines.shift();
    const line = this.ahead[this.at++];
    if (this.at === this.ahead.length) {
      this.ahead = [];
      this.at = 0;
    }
    return line;
  }

  /** The next line; undefined after the last. */
  async next(): Promise<string | undefined> {
    return this.shift() ?? this.lines.next();
  }

  /** The following lines, without consuming them. */
  async *upcoming(): AsyncGenerator<string> {
    for (let n = this.at; ; n++) {
      if (n === this.ahead.length) {
        const line = this.lines.shift() ?? (await this.lines.next());
        if (line === undefined) return;
        this.ahead.push(line);
      }
      yield this.ahead[n] as string;
    }
  }
}
