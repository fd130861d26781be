/**
 * Heap logs as text: the allocator's calls as ltrace prints them (output.c), one a line, which is what our recorder
 * writes too.
 *
 *   malloc(472) = 0x55555557a2a0
 *   [pid 24408] t->realloc(0x7f49b4000b70, 64)        = 0x7f49b4000be0 <0.000131>
 *   │           │  │       │                            └ result; `<void>`, nil, NULL
 *   │           │  │       └ arguments: decimal, 0x…, nil, NULL, (nil); ltrace may print more than the call takes
 *   │           │  └ name; `@libc.so.6` may follow
 *   │           └ the library that calls
 *   └ thread: `[pid N]` or `N`; a time (-r, -t, -tt, -ttt) and an address in brackets (-i) may follow
 *
 *   malloc(40 <unfinished ...>                        the rest comes later, with what other threads do in between
 *   <... malloc resumed> )                            = 0x55555557a480
 *   free(0x55555557a480 <no return ...>               the same, where another thread ended meanwhile; or the call
 *                                                     ended the process, and nothing follows
 *   +++ exited (status 0) +++                         of a thread: `thread_exit`
 *
 * Heap calls within an unfinished one of the same thread are the library's own, and skipped; a `free` counts where it
 * begins, since the block may be given to another thread before it ends. Lines of other calls, signals, comments and the
 * program's own output are skipped and counted; a heap call that is malformed is an error.
 *
 * A record has no place for what posix_memalign takes as its first argument: the block comes from there where it stands
 * in brackets, `posix_memalign([0x55…], 64, 100) = 0`; ltrace does not tell it.
 */
import { NONE } from "../../abi/core";
import {
  HEAP_A,
  HEAP_B,
  HEAP_CALLOC,
  HEAP_DONATE,
  HEAP_FREE,
  HEAP_MALLOC,
  HEAP_POSIX_MEMALIGN,
  HEAP_REALLOC,
  HEAP_RESULT,
  HEAP_THREAD_EXIT,
} from "../../abi/heap";
import {
  DECODE_CALL,
  DECODE_CUT_LINE,
  DECODE_FEW_ARGUMENTS,
  DECODE_NO_MEMORY,
  DECODE_NO_RESULT,
  DECODE_NOT_NUMBER,
  DECODE_NOT_UNFINISHED,
  DECODE_OPEN_CALL,
} from "../../abi/heap-log";
import { Decimal, Hex } from "../digits";
import { PARSED, SKIPPED } from "../lines";
import {
  ARGUMENTS_CLOSED,
  ARGUMENTS_ENDLESS,
  ARGUMENTS_UNFINISHED,
  CallReader,
  isErrorName,
  isNameByte,
} from "./arguments";
import { decodeHeapLines } from "./decoder";
import { isMapping, operationNamed, startsWith } from "./names";
import { Thread } from "./threads";

// The beginnings of usual lines as little-endian numbers.
const FREE: u64 = 0x28_65_65_72_66; // "free("
const MALLOC: u64 = 0x28_63_6f_6c_6c_61_6d; // "malloc("
const CALLOC: u64 = 0x28_63_6f_6c_6c_61_63; // "calloc("
const REALLOC: u64 = 0x28_63_6f_6c_6c_61_65_72; // "realloc("
const PID: u64 = 0x20_64_69_70_5b; // "[pid "
const VOID: u64 = 0x64_69_6f_76_3c_20_3d_20; // " = <void"
const FIVE: u64 = 0xff_ffff_ffff;
const SEVEN: u64 = 0xff_ffff_ffff_ffff;
const ZERO_X: u16 = 0x78_30;
const COMMA_SPACE: u16 = 0x20_2c;
const EQUALS: u32 = 0x30_20_3d; // "= 0"
const NIL: u32 = 0x6c_69_6e;

const SPACE: u8 = 0x20;
const HASH: u8 = 0x23;
const OPEN: u8 = 0x28;
const CLOSE: u8 = 0x29;
const COMMA: u8 = 0x2c;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const COLON: u8 = 0x3a;
const LESS: u8 = 0x3c;
const EQUAL: u8 = 0x3d;
const GREATER: u8 = 0x3e;
const AT: u8 = 0x40;
const BRACKET: u8 = 0x5b;
const BRACKET_END: u8 = 0x5d;
const PLUS: u8 = 0x2b;

@final
@unmanaged
class HeapLog extends CallReader {
  /** malloc, calloc, realloc and free with nothing around them but `[pid N] `, while no thread is in a call. */
  @inline
  fast(line: u32, end: u32, record: usize): bool {
    if (this.threads.busy != 0) return false;
    let at = line;
    const pid = load<u8>(line) == BRACKET ? this.fastThread(line) : NONE;
    if (pid != NONE) at = this.at;
    const thread = this.threads.find(pid);
    if (changetype<usize>(thread) == 0) return false;
    const number = thread.number;
    const word = load<u64>(at);
    if ((word & FIVE) == FREE) return this.fastFree(at + 5, end, record, number);
    if ((word & SEVEN) == MALLOC) {
      this.write(record, HEAP_MALLOC, number, 0, 0, 0, 0);
      return this.sizeAndResult(at + 7, end, record, HEAP_A);
    }
    if (word == REALLOC) return this.fastRealloc(at + 8, end, record, number);
    return (word & SEVEN) == CALLOC && this.fastCalloc(at + 7, end, record, number);
  }

  /** The number in `[pid N] `, behind which `at` goes; NONE: it is none, or a long one. */
  private fastThread(line: u32): u32 {
    if ((load<u64>(line) & FIVE) != PID) return NONE;
    let at = line + 5;
    let pid: u32 = 0;
    let digit = <u32>load<u8>(at) - 0x30;
    while (digit < 10 && at < line + 14) {
      pid = pid * 10 + digit;
      digit = <u32>load<u8>(++at) - 0x30;
    }
    if (load<u16>(at) != 0x20_5d) return NONE; // "] "
    this.at = at + 2;
    return pid;
  }

  /** `0x55555557a480) = <void>`, or nothing behind the `)`. */
  private fastFree(at: u32, end: u32, record: usize, thread: u32): bool {
    if (load<u16>(at) != ZERO_X) return false;
    const text = v128.load(at + 2);
    const digits = Hex.count(text);
    const close = at + 2 + digits;
    if (digits - 1 >= 15 || close >= end || load<u8>(close) != CLOSE) return false;
    let tail = close + 1;
    if (tail < end) {
      while (load<u16>(tail) == 0x2020) tail++;
      if (end - tail != 9 || load<u64>(tail) != VOID || load<u8>(tail, 8) != GREATER) return false;
    }
    this.write(record, HEAP_FREE, thread, Hex.value(text, digits), 0, 0, 0);
    return true;
  }

  /** `13, 16) = 0x…`. */
  private fastCalloc(at: u32, end: u32, record: usize, thread: u32): bool {
    const digits = decimalDigits(at);
    const comma = at + digits;
    const word = Decimal.word(at, digits);
    if (digits - 1 >= 8 || comma >= end || load<u16>(comma) != COMMA_SPACE) return false;
    this.write(record, HEAP_CALLOC, thread, Decimal.value(word), 0, 0, 0);
    return this.sizeAndResult(comma + 2, end, record, HEAP_B);
  }

  /** `0x…, 1600) = 0x…`, or `nil` for the address. */
  private fastRealloc(at: u32, end: u32, record: usize, thread: u32): bool {
    let address: u64 = 0;
    let comma = at + 3;
    if (load<u16>(at) == ZERO_X) {
      const text = v128.load(at + 2);
      const digits = Hex.count(text);
      if (digits - 1 >= 15) return false;
      address = Hex.value(text, digits);
      comma = at + 2 + digits;
    } else if ((load<u32>(at) & 0xffffff) != NIL) {
      return false;
    }
    if (comma >= end || load<u16>(comma) != COMMA_SPACE) return false;
    this.write(record, HEAP_REALLOC, thread, address, 0, 0, 0);
    return this.sizeAndResult(comma + 2, end, record, HEAP_B);
  }

  /** `1600) = 0x55555557b940`, the end of the line: into the record's argument and its result. */
  private sizeAndResult(at: u32, end: u32, record: usize, argument: usize): bool {
    const digits = decimalDigits(at);
    if (digits - 1 >= 8) return false;
    let to = at + digits;
    if (to >= end || load<u16>(to) != 0x2029) return false; // ") "
    do to++;
    while (load<u8>(to) == SPACE);
    if ((load<u32>(to) & 0xffffff) != EQUALS || load<u8>(to, 3) != 0x78) return false;
    const text = v128.load(to + 4);
    const hexDigits = Hex.count(text);
    if (hexDigits - 1 >= 15 || to + 4 + hexDigits != end) return false;
    store<u64>(record + argument, Decimal.value(Decimal.word(at, digits)));
    store<u64>(record, Hex.value(text, hexDigits), HEAP_RESULT);
    return true;
  }

  slow(line: u32, end: u32, record: usize): u32 {
    this.at = line;
    this.blanks(end);
    const pid = this.prefix(end);
    const at = this.at;
    if (at == end || load<u8>(at) == HASH) return this.other(line, end);
    if (end - at > 5 && startsWith(at, "<... ")) return this.resumed(line, end, record, pid);
    if (load<u8>(at) == PLUS && pid != NONE) return this.exited(line, end, record, pid);
    const name = this.nameFrom(at, end);
    if (name == 0) return this.other(line, end);
    const op = operationNamed(name, this.at);
    if (op == NONE) return isMapping(name, this.at) ? this.mapping(pid) : this.other(line, end);
    this.at = this.paren + 1;
    const thread = this.threads.get(pid);
    if (changetype<usize>(thread) == 0) return DECODE_NO_MEMORY;
    return thread.op == NONE ? this.call(thread, op, end, record) : this.nested(thread, end);
  }

  /** A line that is not a heap call. The last one must not break off. */
  private other(line: u32, end: u32): u32 {
    if (!this.isOpen(end)) return SKIPPED;
    const first = load<u8>(line);
    if (first == HASH || first == PLUS || first == MINUS) return SKIPPED;
    for (let at = line; at < end; at++) if (load<u8>(at) == CLOSE) return SKIPPED;
    return DECODE_CUT_LINE;
  }

  private mapping(pid: u32): u32 {
    if (this.takesCalls == 0) return SKIPPED;
    const thread = this.threads.find(pid);
    // Calls that the allocator itself makes are skipped.
    return changetype<usize>(thread) != 0 && thread.op != NONE ? SKIPPED : DECODE_CALL;
  }

  /** Thread, time and address in front of a call, behind which `at` goes; the thread, NONE where none is named. */
  private prefix(end: u32): u32 {
    let pid: u32 = NONE;
    while (this.at < end) {
      const from = this.at;
      const first = load<u8>(from);
      if (first == BRACKET) {
        const inner = end - from > 5 && startsWith(from, "[pid ") ? from + 5 : 0;
        let to = from;
        while (to < end && load<u8>(to) != BRACKET_END) to++;
        if (to == end) return pid;
        if (inner != 0) pid = this.pidAt(inner, to, pid);
        this.at = to + 1;
      } else if (<u32>first - 0x30 < 10) {
        let to = from;
        let isTime = false;
        for (; to < end; to++) {
          const byte = load<u8>(to);
          if (byte == DOT || byte == COLON) isTime = true;
          else if (<u32>byte - 0x30 >= 10) break;
        }
        if (to == end || load<u8>(to) != SPACE) return pid;
        if (!isTime) pid = this.pidAt(from, to, pid);
        this.at = to;
      } else {
        return pid;
      }
      this.blanks(end);
    }
    return pid;
  }

  /** The decimal number in [from, to) as a thread; `otherwise` where it is none. */
  private pidAt(from: u32, to: u32, otherwise: u32): u32 {
    this.at = from;
    this.blanks(to);
    this.wrong = 0;
    const pid = this.decimal(to);
    return this.wrong == 0 && pid < <u64>NONE ? <u32>pid : otherwise;
  }

  /** Where the name before the first `(` begins, `at` its end; 0: there is none. */
  private nameFrom(from: u32, end: u32): u32 {
    let name = from;
    let at = from;
    for (; at < end; at++) {
      const byte = load<u8>(at);
      if (byte == OPEN) break;
      if (byte == GREATER && at > from && load<u8>(at - 1) == MINUS) name = at + 1;
    }
    if (at == end) return 0;
    this.paren = at;
    let to = name;
    while (to < at && isNameByte(load<u8>(to))) to++;
    if (to == name || (to != at && load<u8>(to) != AT)) return 0;
    this.at = to;
    return name;
  }

  /** A call of the thread, from its arguments on. */
  private call(thread: Thread, op: u32, end: u32, record: usize): u32 {
    thread.begin();
    const end_ = this.readArguments(thread, op, end);
    if (end_ == ARGUMENTS_CLOSED) return this.finish(thread, op, end, record);
    if (end_ != ARGUMENTS_UNFINISHED && end_ != ARGUMENTS_ENDLESS) return end_;
    thread.op = op;
    this.threads.busy++;
    if (op != HEAP_FREE) return SKIPPED;
    return thread.arguments == 0 ? DECODE_FEW_ARGUMENTS : this.record(thread, op, 0, 0, record);
  }

  /** A call that the library makes for itself. */
  private nested(thread: Thread, end: u32): u32 {
    for (let at = this.at; at + 12 <= end; at++) {
      if (load<u8>(at) != LESS || !(startsWith(at, "<unfinished ") || startsWith(at, "<no return ")))
        continue;
      thread.depth++;
      break;
    }
    return SKIPPED;
  }

  /** `<... malloc resumed> ) = 0x…` */
  private resumed(line: u32, end: u32, record: usize, pid: u32): u32 {
    const name = this.at + 5;
    let to = name;
    while (to < end && isNameByte(load<u8>(to))) to++;
    let at = to;
    if (at < end && load<u8>(at) == AT) while (at < end && load<u8>(at) != SPACE) at++;
    if (end - at < 9 || !startsWith(at, " resumed>")) return this.other(line, end);
    const op = operationNamed(name, to);
    if (op == NONE) return isMapping(name, to) ? this.mapping(pid) : this.other(line, end);
    const thread = this.threads.find(pid);
    if (changetype<usize>(thread) == 0 || thread.op == NONE) return DECODE_NOT_UNFINISHED;
    if (thread.depth > 0) {
      thread.depth--;
      return SKIPPED;
    }
    if (thread.op != op) return DECODE_NOT_UNFINISHED;
    thread.op = NONE;
    this.threads.busy--;
    if (op == HEAP_FREE) return SKIPPED;
    this.at = at + 9;
    this.blanks(end);
    this.passes(COMMA, end);
    const end_ = this.readArguments(thread, op, end);
    if (end_ == ARGUMENTS_CLOSED) return this.finish(thread, op, end, record);
    return end_ == ARGUMENTS_ENDLESS ? SKIPPED : DECODE_OPEN_CALL;
  }

  /** `+++ exited (status 0) +++` */
  private exited(line: u32, end: u32, record: usize, pid: u32): u32 {
    const thread = this.threads.find(pid);
    if (end - this.at < 10 || !startsWith(this.at, "+++ exited") || changetype<usize>(thread) == 0)
      return this.other(line, end);
    if (thread.op != NONE) {
      thread.op = NONE;
      thread.depth = 0;
      this.threads.busy--;
    }
    if (thread.number == 0) return SKIPPED;
    this.write(record, HEAP_THREAD_EXIT, thread.number, 0, 0, 0, 0);
    return PARSED;
  }

  /** From behind the `)`. */
  private finish(thread: Thread, op: u32, end: u32, record: usize): u32 {
    this.blanks(end);
    if (!this.passes(EQUAL, end)) {
      const isNone = op == HEAP_FREE || op == HEAP_THREAD_EXIT || op == HEAP_DONATE;
      if (!isNone || !this.isTail(end)) return this.at == end ? DECODE_NO_RESULT : DECODE_NOT_NUMBER;
      return this.record(thread, op, 0, 0, record);
    }
    this.blanks(end);
    this.wrong = 0;
    const result = this.result(end);
    this.blanks(end);
    if (this.wrong == 0 && !this.isTail(end) && !isErrorName(this.at, end)) this.wrong = DECODE_NOT_NUMBER;
    if (this.wrong != 0) return this.wrong;
    if (op != HEAP_POSIX_MEMALIGN) return this.record(thread, op, thread.a2, result, record);
    return this.record(thread, op, result, result == 0 ? thread.a0 : 0, record);
  }

  private record(thread: Thread, op: u32, c: u64, result: u64, record: usize): u32 {
    const isPosix = op == HEAP_POSIX_MEMALIGN;
    const a = isPosix ? thread.a1 : thread.a0;
    this.write(record, op, thread.number, a, isPosix ? thread.a2 : thread.a1, c, result);
    return PARSED;
  }
}

/** How many decimal digits stand at `from`: 0 to 16. */
function decimalDigits(from: u32): u32 {
  const isDigit = i8x16.lt_u(i8x16.sub(v128.load(from), i8x16.splat(0x30)), i8x16.splat(10));
  return <u32>ctz(~i8x16.bitmask(isDigit));
}

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeHeapLog(state: usize, records: usize, first: u32): u32 {
  return decodeHeapLines<HeapLog>(changetype<HeapLog>(state), records, first);
}
