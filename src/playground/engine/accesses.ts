/**
 * Lists of accesses as text, one a line: `KIND ADDRESS [BYTES]`.
 *
 *   load 0x601040 8        fetch, load, store or modify; load may be left out, and 1 byte
 *   # a comment
 */
import { type AccessKind, InputError } from "pagewalk";

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
