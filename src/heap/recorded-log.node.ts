/** The files that the recorder writes to a folder: a log and its maps for each recorded program. Node only. */

import { type HeapEnvironment, readEnvironment } from "../allocators/environment.js";
import { InputError } from "../errors.js";

const NAME = "log";
const NEWLINE = 10;
const COMMENT = 35;
/** Bytes to read for the header. */
const HEAD_BYTES = 8192;

/** The header's settings. */
export interface LogHead {
  readonly command: string;
  readonly heap: HeapEnvironment;
}

/** In order of the programs' starts: the first is the command itself. */
export async function logsOf(folder: string): Promise<LogFile[]> {
  const { readdir, stat } = await import("node:fs/promises");
  const names = (await readdir(folder)).filter((name) => /^log(\.\d+)*$/.test(name));
  const logs = names.map((name) => new LogFile(`${folder}/${name}`, name.slice(NAME.length + 1)));
  const begun = new Map(
    await Promise.all(
      logs.map(
        async (log) => [log, (await stat(`${log.path}.maps`).catch(() => undefined))?.mtimeMs] as const,
      ),
    ),
  );
  const order = (log: LogFile) => (log.number === "" ? 0 : (begun.get(log) ?? Number.POSITIVE_INFINITY));
  return logs.sort((one, other) => order(one) - order(other));
}

export class LogFile {
  /** Lines of calls in the chunks returned so far. */
  calls = 0;

  /** `number`: that of its process, with a suffix if the process executed several programs; empty for the first. */
  constructor(
    readonly path: string,
    readonly number: string,
  ) {}

  static first(folder: string): string {
    return `${folder}/${NAME}`;
  }

  /** Its bytes up to the end of the last line; zeros follow. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    const { createReadStream } = await import("node:fs");
    let last = NEWLINE;
    for await (const chunk of createReadStream(this.path, { highWaterMark: 1 << 20 })) {
      const bytes: Uint8Array = chunk;
      const end = bytes.indexOf(0);
      const text = end < 0 ? bytes : bytes.subarray(0, end);
      this.count(text, last);
      last = text.at(-1) ?? last;
      if (text.length > 0) yield text;
      if (end >= 0) return;
    }
  }

  /** Counts the lines that begin in a chunk. */
  private count(text: Uint8Array, before: number): void {
    let isStart = before === NEWLINE;
    for (let at = 0; at < text.length; isStart = true) {
      if (isStart && text[at] !== COMMENT) this.calls++;
      at = text.indexOf(NEWLINE, at) + 1;
      if (at === 0) return;
    }
  }

  async head(): Promise<LogHead> {
    const { open } = await import("node:fs/promises");
    const file = await open(this.path);
    try {
      const { buffer } = await file.read({ buffer: new Uint8Array(HEAD_BYTES) });
      const heap = readEnvironment(buffer);
      if (heap.allocator === undefined)
        throw new InputError("the recorder has written nothing", "see its messages above", this.path);
      const [, command = ""] = /^# command (.*)$/m.exec(new TextDecoder().decode(buffer)) ?? [];
      return { command, heap };
    } finally {
      await file.close();
    }
  }

  async mapsBytes(): Promise<Uint8Array> {
    const { readFile } = await import("node:fs/promises");
    return readFile(`${this.path}.maps`);
  }

  async maps(): Promise<string> {
    return new TextDecoder().decode(await this.mapsBytes());
  }
}
