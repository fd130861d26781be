/** Random choices for files of a kind: the same seed gives the same file. */
import { type Random, randomFrom } from "#pagewalk/custom/random.js";

/** A file of some kind. */
export interface MadeFile {
  readonly bytes: Uint8Array;
  /** The number of references, if the maker counts them. */
  readonly references?: number;
}

export type Maker = (draw: Draw) => MadeFile;

export class Draw {
  private readonly random: Random;

  constructor(seed: number) {
    this.random = randomFrom(seed);
  }

  /** An integer from `least` to `most`, both possible. */
  int(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)] as T;
  }

  /** A number of up to `bits` bits, small ones as often as large ones. */
  bits(bits: number): bigint {
    const width = this.int(0, bits);
    let value = 0n;
    for (let bit = 0; bit < width; bit++) value = (value << 1n) | BigInt(this.int(0, 1));
    return value;
  }

  /** An address of a 32-bit or 64-bit program. */
  address(): bigint {
    const base = this.pick([0x400000n, 0x7ffe00000000n, 0x7f0000000000n, 0x1fff000000n, 0x04000000n]);
    return base + BigInt(this.int(0, 0xfffff));
  }

  hex(value: bigint, digits = 1, isCapital = false): string {
    const text = value.toString(16).padStart(digits, "0");
    return isCapital ? text.toUpperCase() : text;
  }

  decimal(most: number, places: number): string {
    return (this.random() * most).toFixed(places);
  }

  word(): string {
    const letters = Array.from({ length: this.int(2, 9) }, () =>
      this.pick([..."abcdefghijklmnopqrstuvwxyz"]),
    );
    return letters.join("");
  }

  items<T>(least: number, most: number, make: (index: number) => T): T[] {
    return Array.from({ length: this.size(least, most) }, (_, index) => make(index));
  }

  /** A length, in a logarithmic distribution. */
  size(least: number, most: number): number {
    return Math.round(least * (most / least) ** this.random());
  }
}

/** Lines with the ends of one system; the last line may have none. */
export function textOf(draw: Draw, lines: readonly string[], isWhole = draw.chance(0.8)): Uint8Array {
  const end = draw.chance(0.15) ? "\r\n" : "\n";
  return new TextEncoder().encode(lines.join(end) + (isWhole ? end : ""));
}

/** Little-endian or big-endian fields: `[bytes, value]` each. */
export function binaryOf(
  fields: readonly (readonly [bytes: number, value: bigint | number])[],
  isBig = false,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    let rest = BigInt.asUintN(bytes * 8, BigInt(value));
    for (let byte = 0; byte < bytes; byte++) {
      view.setUint8(at + (isBig ? bytes - 1 - byte : byte), Number(rest & 255n));
      rest >>= 8n;
    }
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}
