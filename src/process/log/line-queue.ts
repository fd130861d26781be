/** A log's lines, of which those to come can be looked at before their turn. */
import type { LineSplitter } from "../../trace/calls/line-splitter.js";

export class LineQueue {
  /** Looked at, but not taken yet, from `at`. */
  private ahead: string[] = [];
  private at = 0;

  constructor(private readonly lines: LineSplitter) {}

  /** The next line of those that are here; undefined where more would have to be waited for. */
  shift(): string | undefined {
    if (this.at === this.ahead.length) return this.lines.shift();
    const line = this.ahead[this.at++];
    if (this.at === this.ahead.length) {
      this.ahead = [];
      this.at = 0;
    }
    return line;
  }

  /** The next line; undefined behind the last. */
  async next(): Promise<string | undefined> {
    return this.shift() ?? this.lines.next();
  }

  /** The lines to come, which stay. */
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
