/**
 * A row of a table, field by field, as the host's plan says (`abi/table.ts`). A number is decimal, or hexadecimal
 * after `0x` or where the plan says so. Kinds are the user's words, then those of `csv-kinds.ts`.
 *
 *   page, key     the page is the number, or a hash of the key; the size is kept, up to 2^32 - 1 bytes
 *   ranges        63      48 47                          0
 *                 ├ volume ┼─ offset × scale ────────────┤     an address, and size × sizeScale bytes there
 */
import { KIND_LOAD, NONE, RECORD_ADDRESS, RECORD_KIND, RECORD_SIZE } from "../abi/core";
import {
  DECODE_BAD_KIND,
  DECODE_BAD_LINE,
  DECODE_BAD_NUMBER,
  DECODE_BAD_RANGE,
  DECODE_COLLISION,
  DECODE_MANY_VOLUMES,
} from "../abi/decoder";
import { DECODE_NO_MEMORY } from "../abi/heap-log";
import {
  ACTION_HEX,
  ACTION_KEY,
  ACTION_KIND,
  ACTION_OFFSET,
  ACTION_PAGE,
  ACTION_SIZE,
  ACTION_VOLUME,
  KIND_SKIP,
  TABLE_ACTIONS,
  TABLE_COLUMNS,
  TABLE_LEAST,
  TABLE_RANGES,
  TABLE_SCALE,
  TABLE_SIZE_SCALE,
  TABLE_WORD_COUNT,
  TABLE_WORDS,
  VOLUME_SHIFT,
  WORD_BYTES,
  WORD_KIND,
  WORD_LENGTH,
  WORD_TEXT,
} from "../abi/table";
import { make } from "../core/arena";
import { kindOf, UNKNOWN_KIND } from "./csv-kinds";
import { checkHex, checkNumber, hexValue, NOT_A_NUMBER, numberValue } from "./digits";
import { COLLISION, Key, Keys } from "./keys";
import { PARSED, SKIPPED } from "./lines";

const MOST_VOLUMES: u32 = 1 << (64 - VOLUME_SHIFT);

@final
@unmanaged
export class Table {
  private plan: usize;
  private keys: Keys;
  private volumes: Keys;
  private key: Key;
  private volume: Key;
  /** The number of the page, or the offset. */
  private number: u64;
  private size: u64;
  private hasSize: bool;
  private kind: u32;

  /** Null when memory is out. */
  static create(plan: u32): Table {
    const table = make<Table>();
    if (changetype<usize>(table) == 0) return table;
    table.plan = plan;
    table.keys = Keys.create();
    table.volumes = Keys.create();
    table.key = make<Key>();
    table.volume = make<Key>();
    const whole =
      changetype<usize>(table.keys) != 0 &&
      changetype<usize>(table.volumes) != 0 &&
      changetype<usize>(table.key) != 0 &&
      changetype<usize>(table.volume) != 0;
    return whole ? table : changetype<Table>(0);
  }

  get columns(): u32 {
    return load<u32>(this.plan, TABLE_COLUMNS);
  }

  get least(): u32 {
    return load<u32>(this.plan, TABLE_LEAST);
  }

  @inline
  action(column: u32): u32 {
    return load<u16>(this.plan + TABLE_ACTIONS + ((column - 1) << 1));
  }

  begin(): void {
    this.key.clear();
    this.volume.clear();
    this.number = 0;
    this.size = 0;
    this.hasSize = false;
    this.kind = KIND_LOAD;
  }

  /** Takes the field at [from, to), without quotes and blanks around; a DECODE_… error, or 0. */
  take(action: u32, from: u32, to: u32): u32 {
    if ((action & ACTION_KEY) != 0) {
      if (from == to) return DECODE_BAD_LINE;
      this.key.add(from, to);
    }
    if ((action & ACTION_VOLUME) != 0) this.volume.add(from, to);
    if ((action & (ACTION_PAGE | ACTION_OFFSET)) != 0) {
      const wrong = numberError(action, from, to);
      if (wrong != 0) return wrong;
      this.number = numberAt(action, from, to);
    }
    if ((action & ACTION_SIZE) != 0 && from < to) {
      const wrong = numberError(action, from, to);
      if (wrong != 0) return wrong;
      this.size = numberAt(action, from, to);
      this.hasSize = true;
    }
    if ((action & ACTION_KIND) != 0) {
      this.kind = this.kindAt(from, to);
      if (this.kind == UNKNOWN_KIND) return DECODE_BAD_KIND;
    }
    return 0;
  }

  /** Writes the row's record. */
  finish(record: usize, keyed: bool): u32 {
    if (this.kind == KIND_SKIP) return SKIPPED;
    if (load<u32>(this.plan, TABLE_RANGES) != 0) return this.finishRange(record);
    if (keyed) {
      const id = this.keys.number(this.key);
      if (id >= COLLISION) return id == NONE ? DECODE_NO_MEMORY : DECODE_COLLISION;
    }
    store<u64>(record, keyed ? this.key.hash : this.number, RECORD_ADDRESS);
    store<u32>(record, <u32>min(this.size, <u64>u32.MAX_VALUE), RECORD_SIZE);
    store<u32>(record, this.kind, RECORD_KIND);
    return PARSED;
  }

  /** An empty range is not a request. */
  private finishRange(record: usize): u32 {
    const scale = <u64>load<u32>(this.plan, TABLE_SCALE);
    const bytes = this.hasSize ? this.size * load<u32>(this.plan, TABLE_SIZE_SCALE) : 1;
    if (bytes == 0) return SKIPPED;
    if (this.size > u32.MAX_VALUE || bytes > u32.MAX_VALUE) return DECODE_BAD_RANGE;
    if (this.number > u64.MAX_VALUE / scale) return DECODE_BAD_NUMBER;
    const offset = this.number * scale;
    const last = offset + bytes - 1;
    if (last < offset) return DECODE_BAD_RANGE;
    let base: u64 = 0;
    if (load<u32>(this.plan, TABLE_RANGES) > 1) {
      if (last >> VOLUME_SHIFT != 0) return DECODE_BAD_RANGE;
      const id = this.volumes.number(this.volume);
      if (id >= COLLISION) return id == NONE ? DECODE_NO_MEMORY : DECODE_COLLISION;
      if (id >= MOST_VOLUMES) return DECODE_MANY_VOLUMES;
      base = (<u64>id) << VOLUME_SHIFT;
    }
    store<u64>(record, base | offset, RECORD_ADDRESS);
    store<u32>(record, <u32>bytes, RECORD_SIZE);
    store<u32>(record, this.kind, RECORD_KIND);
    return PARSED;
  }

  private kindAt(from: u32, to: u32): u32 {
    const count = load<u32>(this.plan, TABLE_WORD_COUNT);
    let word: usize = load<u32>(this.plan, TABLE_WORDS);
    for (let n: u32 = 0; n < count; n++) {
      if (isWord(word, from, to)) return load<u32>(word, WORD_KIND);
      word += WORD_BYTES;
    }
    return kindOf(from, to);
  }
}

/** True if [from, to) is the word, in upper or lower case. */
function isWord(word: usize, from: u32, to: u32): bool {
  const length = to - from;
  if (length != load<u32>(word, WORD_LENGTH)) return false;
  for (let i: u32 = 0; i < length; i++) {
    const byte = <u32>load<u8>(from + i);
    const small = byte | (u32(byte - 0x41 < 26) << 5);
    if (small != <u32>load<u8>(word + i, WORD_TEXT)) return false;
  }
  return true;
}

/** 0 when [from, to) is a number of at most 64 bits, else a DECODE_… error. */
function numberError(action: u32, from: u32, to: u32): u32 {
  const wrong = (action & ACTION_HEX) != 0 ? checkHex(from, to) : checkNumber(from, to);
  if (wrong == 0) return 0;
  return wrong == NOT_A_NUMBER ? DECODE_BAD_LINE : DECODE_BAD_NUMBER;
}

/** The number that `numberError` has passed. */
function numberAt(action: u32, from: u32, to: u32): u64 {
  return (action & ACTION_HEX) != 0 ? hexValue(from, to) : numberValue(from, to);
}
