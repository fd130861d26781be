/**
 * Lists of accesses as text, one a line: `KIND ADDRESS [BYTES]`.
 *
 *   load 0x601040 8        fetch, load, store or modify; load may be left out, and 1 byte
 *   # a comment
 */
import { type AccessKind, type ByteSink, convertTrace, InputError } from "pagewalk";
import { open, type Source } from "./sources.js";

export interface ListedAccess {
  readonly kind: AccessKind;
  readonly address: bigint;
  readonly bytes: number;
  readonly line: number;
}

/** The longest list. Each step back runs it again. */
export const MOST_ACCESSES = 2000;

const LINE = /^(?:(fetch|load|store|modify)\s+)?(0x[\da-f]+|\d+)(?:\s+(\d{1,4}))?$/i;

export function readAccesses(text: string): ListedAccess[] {
  const accesses = text.split("\n").flatMap((line, n): ListedAccess[] => {
    const words = line.replace(/#.*/, "").trim();
    if (words === "") return [];
    const [, kind = "load", address, bytes = "1"] = LINE.exec(words) ?? [];
    if (address === undefined || Number(bytes) === 0) {
      throw new InputError(`"${words}" is not an access`, "write it like load 0x601040 8", `line ${n + 1}`);
    }
    return [
      { kind: kind.toLowerCase() as AccessKind, address: BigInt(address), bytes: Number(bytes), line: n + 1 },
    ];
  });
  if (accesses.length <= MOST_ACCESSES) return accesses;
  const remedy = `give at most ${MOST_ACCESSES}`;
  throw new InputError(`there are ${accesses.length} accesses, too many to step`, remedy, "accesses");
}

const KINDS: Readonly<Record<string, AccessKind>> = { I: "fetch", L: "load", S: "store", M: "modify" };

/** The first accesses of a trace, as such a list. */
export async function firstAccesses(source: Source, count: number): Promise<string> {
  const trace = await open(source, false);
  try {
    if (trace.unit === "page") {
      throw new InputError(
        `${trace.format} traces have page numbers, not addresses`,
        "give a trace of addresses",
        trace.name,
      );
    }
    const enough = new AbortController();
    const sink = new FirstLines(count, () => enough.abort());
    await convertTrace(trace, sink, { format: "lackey", signal: enough.signal }).catch((error: unknown) => {
      if (!enough.signal.aborted) throw error;
    });
    return sink.lines.map(accessOf).join("\n");
  } finally {
    await trace.close();
  }
}

/** `load 0x1ffefffe38 8` for lackey's ` L 1ffefffe38,8`. */
function accessOf(line: string): string {
  const [, kind = "", address, bytes] = /^\s*([ILSM])\s+([\da-f]+),(\d+)$/.exec(line) ?? [];
  return `${KINDS[kind] ?? "load"} 0x${address} ${bytes}`;
}

/** Receives lackey's text until it has enough lines. */
class FirstLines implements ByteSink {
  readonly name = "<accesses>";
  private readonly decoder = new TextDecoder();
  private text = "";

  constructor(
    private readonly count: number,
    private readonly stop: () => void,
  ) {}

  get lines(): string[] {
    const lines = this.text.split("\n");
    return lines.filter((line) => /^\s*[ILSM] /.test(line)).slice(0, this.count);
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.text += this.decoder.decode(chunk, { stream: true });
    if (this.lines.length >= this.count) this.stop();
  }

  async finish(): Promise<void> {}

  async abort(): Promise<void> {}
}
