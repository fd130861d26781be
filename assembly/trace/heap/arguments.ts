/** Arguments and results of calls in a heap log's text: see log.ts for the grammar. */
import { DECODE_BAD_NUMBER } from "../../abi/decoder";
import { HEAP_MALLOPT, HEAP_POSIX_MEMALIGN } from "../../abi/heap";
import { DECODE_FEW_ARGUMENTS, DECODE_NOT_NUMBER, DECODE_OPEN_CALL } from "../../abi/heap-log";
import { HeapDecoder } from "./decoder";
import { argumentsOf, isWord, malloptNamed, startsWith } from "./names";
import { Thread } from "./threads";

// Ends of a list of arguments, in addition to DECODE_….
export const ARGUMENTS_CLOSED: u32 = 0x200;
export const ARGUMENTS_UNFINISHED: u32 = 0x201;
export const ARGUMENTS_ENDLESS: u32 = 0x202;

const HASH: u8 = 0x23;
const OPEN: u8 = 0x28;
const CLOSE: u8 = 0x29;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const LESS: u8 = 0x3c;
const QUESTION: u8 = 0x3f;
const BRACKET: u8 = 0x5b;
const BRACKET_END: u8 = 0x5d;

@unmanaged
export class CallReader extends HeapDecoder {
  /** Reads arguments into the thread's call until something other comes, which is what it returns. */
  readArguments(thread: Thread, op: u32, end: u32): u32 {
    this.blanks(end);
    while (this.at < end) {
      if (this.passes(CLOSE, end)) {
        return thread.arguments < argumentsOf(op) ? DECODE_FEW_ARGUMENTS : ARGUMENTS_CLOSED;
      }
      if (load<u8>(this.at) == LESS) {
        if (end - this.at >= 12 && startsWith(this.at, "<unfinished ")) return ARGUMENTS_UNFINISHED;
        if (end - this.at >= 11 && startsWith(this.at, "<no return ")) return ARGUMENTS_ENDLESS;
        return DECODE_NOT_NUMBER;
      }
      this.wrong = 0;
      const index = thread.arguments++;
      const value = this.argument(op, index, end);
      // ltrace prints garbage behind the arguments of a call that it does not know.
      if (this.wrong != 0 && index < argumentsOf(op)) return this.wrong;
      if (this.wrong != 0) this.skipArgument(end);
      if (index < argumentsOf(op)) thread.setArgument(index, value);
      this.blanks(end);
      if (this.at == end) return DECODE_OPEN_CALL;
      const next = load<u8>(this.at);
      if (next == COMMA) this.at++;
      else if (next != CLOSE && next != LESS) return DECODE_NOT_NUMBER;
      this.blanks(end);
    }
    return DECODE_OPEN_CALL;
  }

  argument(op: u32, index: u32, end: u32): u64 {
    if (op == HEAP_POSIX_MEMALIGN && index == 0) return this.block(end);
    const value = this.value(end, op == HEAP_MALLOPT);
    // mallopt's are int, which ltrace may print as unsigned.
    return op == HEAP_MALLOPT && index < 2 ? <u64>(<i64>(<i32>value)) : value;
  }

  /** `[0x…]` is the block; 0 if the log lacks it. */
  block(end: u32): u64 {
    if (!this.passes(BRACKET, end)) {
      this.skipArgument(end);
      return 0;
    }
    const value = this.value(end, false);
    if (!this.passes(BRACKET_END, end)) this.wrong = DECODE_NOT_NUMBER;
    return value;
  }

  skipArgument(end: u32): void {
    this.wrong = 0;
    if (end - this.at >= 5 && startsWith(this.at, "(nil)")) this.at += 5;
    while (this.at < end) {
      const byte = load<u8>(this.at);
      if (byte == COMMA || byte == CLOSE || byte == LESS) return;
      this.at++;
    }
  }

  /** A number, `nil`, `NULL`, `(nil)`, or mallopt's M_…, behind which `at` goes. */
  value(end: u32, isOption: bool): u64 {
    if (this.at == end) {
      this.wrong = DECODE_NOT_NUMBER;
      return 0;
    }
    const from = this.at;
    const first = load<u8>(from);
    if (<u32>first - 0x30 < 10) return this.number(end);
    if (first == MINUS) {
      this.at++;
      const value = this.decimal(end);
      if (value > (<u64>1) << 63) this.wrong = DECODE_BAD_NUMBER;
      return 0 - value;
    }
    if (end - from >= 5 && startsWith(from, "(nil)")) {
      this.at += 5;
      return 0;
    }
    let to = from;
    while (to < end && isNameByte(load<u8>(to))) to++;
    this.at = to;
    if (isWord(from, to, "nil") || isWord(from, to, "NULL")) return 0;
    const option = isOption ? malloptNamed(from, to) : 0;
    if (option == 0) this.wrong = DECODE_NOT_NUMBER;
    return option;
  }

  number(end: u32): u64 {
    const isHex = load<u8>(this.at) == 0x30 && this.at + 1 < end && (load<u8>(this.at + 1) | 0x20) == 0x78;
    if (isHex) this.at += 2;
    const value = isHex ? this.hex(end) : this.decimal(end);
    if (this.at < end && isNameByte(load<u8>(this.at))) this.wrong = DECODE_NOT_NUMBER;
    return value;
  }

  result(end: u32): u64 {
    const from = this.at;
    if (end - from >= 6 && startsWith(from, "<void>")) {
      this.at += 6;
      return 0;
    }
    if (this.at < end && load<u8>(from) == QUESTION) {
      this.at++;
      return 0;
    }
    const error = isErrorName(from, end) ? errorNamed(from, end) : 0;
    if (error == 0) return this.value(end, false);
    while (this.at < end && isNameByte(load<u8>(this.at))) this.at++;
    return error;
  }

  /** True if the rest may follow a result: a time, a comment, an error in words. */
  isTail(end: u32): bool {
    if (this.at == end) return true;
    const byte = load<u8>(this.at);
    return byte == HASH || byte == LESS || byte == OPEN;
  }
}

export function isNameByte(byte: u8): bool {
  const letter = (<u32>byte | 0x20) - 0x61;
  return letter < 26 || <u32>byte - 0x30 < 10 || byte == 0x5f;
}

/** `ENOMEM` and its like. */
export function isErrorName(from: u32, end: u32): bool {
  return from + 1 < end && load<u8>(from) == 0x45 && <u32>load<u8>(from + 1) - 0x41 < 26;
}

function errorNamed(from: u32, end: u32): u64 {
  if (end - from >= 6 && startsWith(from, "ENOMEM")) return 12;
  return end - from >= 6 && startsWith(from, "EINVAL") ? 22 : 0;
}
