/**
 * Numbers of one to ten bytes: seven bits a byte, lowest first, the top bit set on all but the last (LEB128). A signed
 * number goes in zigzag: 0, -1, 1, -2 … as 0, 1, 2, 3 ….
 */
import { allocate, make } from "../../core/arena";
import { SECTION_PADDING } from "./format";

const MOST_BYTES: u32 = 10;

export class Zigzag {
  @inline
  static fold(value: i64): u64 {
    return ((<u64>value) << 1) ^ <u64>(value >> 63);
  }

  @inline
  static unfold(folded: u64): i64 {
    return <i64>(folded >> 1) ^ -(<i64>(folded & 1));
  }
}

/** Where bytes of a section are written; whoever makes the buffer sees to it that they fit. */
@final
@unmanaged
export class Output {
  start: usize;
  at: usize;

  reset(start: usize): void {
    this.start = start;
    this.at = start;
  }

  get bytes(): u32 {
    return <u32>(this.at - this.start);
  }

  @inline
  byte(value: u32): void {
    store<u8>(this.at, value);
    this.at++;
  }

  number(value: u64): void {
    let rest = value;
    let at = this.at;
    for (; rest >= 0x80; rest >>= 7) store<u8>(at++, <u8>rest | 0x80);
    store<u8>(at, <u8>rest);
    this.at = at + 1;
  }
}

/** An output of `bytes`; null when memory is out. */
export function output(bytes: u64): Output {
  const made = make<Output>();
  const start = allocate(bytes + SECTION_PADDING);
  if (changetype<usize>(made) == 0 || start == 0) return changetype<Output>(0);
  made.reset(start);
  return made;
}

/** Where bytes of a section are read. Past the end it reads padding and sets `overrun`. */
@final
@unmanaged
export class Input {
  at: usize;
  end: usize;

  reset(start: usize, bytes: u32): void {
    this.at = start;
    this.end = start + bytes;
  }

  @inline
  get isAtEnd(): bool {
    return this.at >= this.end;
  }

  @inline
  get overrun(): bool {
    return this.at > this.end;
  }

  @inline
  byte(): u32 {
    if (this.at >= this.end) return this.fail();
    return load<u8>(this.at++);
  }

  @inline
  number(): u64 {
    const at = this.at;
    if (at >= this.end) return this.fail();
    const first = <u64>load<u8>(at);
    if (first < 0x80) {
      this.at = at + 1;
      return first;
    }
    return this.long();
  }

  /** Of two bytes or more. The top bit of a tenth byte and what would stand beyond bit 63 are dropped. */
  private long(): u64 {
    let value: u64 = 0;
    for (let i: u32 = 0; i < MOST_BYTES; i++) {
      const byte = <u64>load<u8>(this.at + i);
      value |= (byte & 0x7f) << (7 * i);
      if (byte < 0x80) {
        this.at += i + 1;
        return value;
      }
    }
    return this.fail();
  }

  private fail(): u32 {
    this.at = this.end + SECTION_PADDING;
    return 0;
  }
}
