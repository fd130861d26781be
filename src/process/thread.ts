/**
 * A thread: its stack in the address space of the process. The first thread's stack grows. The other stacks are
 * mappings as glibc's pthread_create makes them (nptl/allocatestack.c): first without access, then writable except for
 * the guard at the low end. An access beyond the end reaches the guard: SIGSEGV, SEGV_ACCERR.
 *
 *   guard ┬─ stack, downwards <── stackPointer ┬─ the thread's own data ┐
 *   PROT_NONE    PROT_READ|PROT_WRITE                                    mapping's end
 */
import * as v from "valibot";
import { OptionError, readOption, UsageError } from "../errors.js";
import { validate } from "../options/validate.js";
import { parseSizeOrZero, sizeText } from "../units.js";
import type { Answer, Touch } from "./answers.js";
import { type Word, word } from "./arguments.js";
import type { SystemCalls } from "./calls/system-calls.js";
import type { Steps } from "./events.js";
import { UNLIMITED } from "./system/limits.js";

const size = v.optional(v.union([v.string(), v.number(), v.bigint()]));
const schema = v.strictObject({
  stackBytes: size,
  guardBytes: size,
});

/** Options of a thread: numbers of bytes, or text such as `64KiB`. */
export interface ThreadOptions {
  /** Size of the stack without its guard; default: the stack limit, or 2 MiB if there is no limit. */
  stackBytes?: string | number | bigint | undefined;
  /** Size of the guard; default: one page; 0: none. */
  guardBytes?: string | number | bigint | undefined;
}

/** Bytes that a call pushes on the stack: its return address and the frame pointer. */
const FRAME_BYTES = 16n;
/** The smallest alternate stack. */
const MINSIGSTKSZ = 2048n;
/** glibc's struct pthread and thread-local storage, at the stack's top; as in Debian 12. */
const CUSTOM_BYTES = 0x1080n;
/** ARCH_STACK_DEFAULT_SIZE of x86-64. */
const DEFAULT_STACK = 2n << 20n;
/** PTHREAD_STACK_MIN, which pthread_attr_setstacksize(3) asks for. */
const LEAST_STACK = 16384n;

/** The alternate stack for signal handlers (sigaltstack). */
export interface AlternateStack {
  readonly start: bigint;
  readonly bytes: bigint;
}

/** A process, as its threads use it. */
export interface ThreadProcess {
  readonly system: Pick<Steps, "operate">;
  readonly isAlive: boolean;
  /** Its first thread. */
  readonly main: Thread;
  /** The number of a new thread, for allocators. */
  nextThread(): number;
  /** Makes the accesses of `run` as this thread. */
  runAs<T>(thread: Thread, run: () => T): T;
  store(address: Word, bytes: Word, value?: Word, number?: number): Touch;
  thread_exit(): unknown;
}

export class Thread<P extends ThreadProcess = ThreadProcess> {
  alternateStack: AlternateStack | undefined;
  /** The system was restored to a time before the thread began. */
  isGone = false;
  private frames: bigint[] = [];
  /** The thread's number for allocators, in order of creation. */
  number: number;

  constructor(
    readonly process: P,
    /** The stack pointer. */
    public stackPointer: bigint,
  ) {
    this.number = process.nextThread();
  }

  /** True if it is the first thread of its process. */
  get isMain(): boolean {
    return this.process.main === this;
  }

  /** Ends the thread: its allocator empties its cache. Later calls of the allocator have another number. */
  leaveHeap(): void {
    if (this.process.isAlive) this.process.runAs(this, () => this.process.thread_exit());
    this.number = this.process.nextThread();
  }

  /** Moves the stack pointer down and stores there, as the next push would. It is not a system call. */
  alloca(bytes: Word, number?: number): Touch & { address: bigint } {
    return this.push(word(bytes, "alloca", 1), number);
  }

  private push(bytes: bigint, number: number | undefined): Touch & { address: bigint } {
    this.mustBeThere();
    return this.process.system.operate(() => {
      const before = this.stackPointer;
      const address = BigInt.asUintN(64, (before - bytes) & ~15n);
      this.stackPointer = address;
      const touch = this.process.runAs(this, () => this.process.store(address, 8, undefined, number));
      if (touch.signal !== undefined) this.stackPointer = before;
      return { ...touch, address };
    });
  }

  /** sigaltstack(2): sets the alternate stack; without an address, removes it. */
  sigaltstack(address?: Word, bytes: Word = 0): Answer {
    this.mustBeThere();
    if (address === undefined) {
      this.alternateStack = undefined;
    } else {
      const stack = { start: word(address, "sigaltstack", 1), bytes: word(bytes, "sigaltstack", 2) };
      if (stack.bytes < MINSIGSTKSZ) return { value: -1n, error: "ENOMEM" };
      this.alternateStack = stack;
    }
    return { value: 0n, error: undefined };
  }

  /** Enters a function with a frame of this size. */
  enter(bytes: Word = 0, number?: number): Touch {
    const wanted = word(bytes, "enter", 1) + FRAME_BYTES;
    return this.process.system.operate(() => {
      const before = this.stackPointer;
      const { address: _, ...touch } = this.push(wanted, number);
      if (touch.signal === undefined) this.frames.push(before);
      return touch;
    });
  }

  /** Leaves the last function entered, and frees its `alloca`. The stack's region does not shrink. */
  leave(): void {
    this.mustBeThere();
    this.process.system.operate(() => {
      const before = this.frames.pop();
      if (before === undefined) throw new UsageError("leave without enter", "enter a function first");
      this.stackPointer = before;
    });
  }

  private mustBeThere(): void {
    if (this.isGone) throw new UsageError("the thread began after what was restored", "make another");
  }

  /** The state needed to continue in a copy of the process, or at another time. */
  state(): ThreadState {
    const { stackPointer, alternateStack, number } = this;
    return { stackPointer, alternateStack, number, frames: [...this.frames] };
  }

  assume({ stackPointer, alternateStack, number, frames }: ThreadState): void {
    this.isGone = false;
    this.number = number;
    this.stackPointer = stackPointer;
    this.alternateStack = alternateStack;
    this.frames = [...frames];
  }
}

export interface ThreadState {
  readonly stackPointer: bigint;
  readonly alternateStack: AlternateStack | undefined;
  readonly number: number;
  readonly frames: readonly bigint[];
}

/** Maps a stack for another thread of `process`. Returns its stack pointer, or an error if there is no room. */
export function mapStack(process: SystemCalls, options: ThreadOptions): Answer {
  const { stackBytes, guardBytes } = validate("thread", schema, options);
  const stack = process.space.pageUp(
    stackBytes === undefined ? defaultStack(process) : bytesOf(stackBytes, "stackBytes"),
  );
  if (stack < LEAST_STACK)
    throw OptionError.at(
      "stackBytes",
      `${stackBytes} is too small`,
      `give ${sizeText(Number(LEAST_STACK))} or more`,
    );
  const guard = process.space.pageUp(
    guardBytes === undefined ? process.pageBytes : bytesOf(guardBytes, "guardBytes"),
  );
  const bytes = stack + guard;
  const protection = guard === 0n ? "PROT_READ|PROT_WRITE" : "PROT_NONE";
  const mapped = process.mmap(0, bytes, protection, "MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK");
  if (mapped.error !== undefined) return mapped;
  if (guard !== 0n) {
    const opened = process.mprotect(mapped.value + guard, stack, "PROT_READ|PROT_WRITE");
    if (opened.error !== undefined) return opened;
  }
  const stackPointer = mapped.value + bytes - CUSTOM_BYTES;
  process.store(stackPointer, CUSTOM_BYTES);
  return { value: stackPointer, error: undefined };
}

function defaultStack(process: SystemCalls): bigint {
  const { soft } = process.getrlimit("stack");
  if (soft === UNLIMITED) return DEFAULT_STACK;
  return soft < LEAST_STACK ? LEAST_STACK : soft;
}

function bytesOf(size: string | number | bigint, option: string): bigint {
  const given = typeof size === "bigint" ? Number(size) : size;
  return BigInt(readOption(option, () => parseSizeOrZero(given)));
}
