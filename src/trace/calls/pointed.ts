/**
 * The data behind the pointers of calls: which bytes the recorder for QEMU copies from the program's memory, and their
 * text as strace(1) writes it. From: the manual pages of the structures; their layouts in Linux's include/uapi.
 */
import type { CallRow } from "./table.js";

/** Bytes of a word, and the places of st_mode and st_size in the structure of `fstat`, or `fstat64`. */
export interface Layout {
  readonly wordBytes: 4 | 8;
  readonly modeAt: number;
  readonly sizeAt: number;
}

/** By QEMU's names of processors. */
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  aarch64: { wordBytes: 8, modeAt: 16, sizeAt: 48 },
  i386: { wordBytes: 4, modeAt: 16, sizeAt: 44 },
  riscv64: { wordBytes: 8, modeAt: 16, sizeAt: 48 },
  x86_64: { wordBytes: 8, modeAt: 24, sizeAt: 48 },
};

/** The data that one argument points to. */
export interface Pointed {
  readonly argument: number;
  /** A string, a list of strings, or bytes that are read before the call or after it. */
  readonly kind: "string" | "list" | "before" | "after";
  /** Of a structure. */
  readonly bytes: number;
  readonly text: (words: Words) => string;
}

/** The bytes of a structure. */
export class Words {
  private readonly view: DataView;

  constructor(
    bytes: Uint8Array,
    readonly layout: Layout,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Word number `n`, in hexadecimal digits. */
  hex(n: number): string {
    return `0x${this.word(n).toString(16)}`;
  }

  word(n: number): bigint {
    const { wordBytes } = this.layout;
    return wordBytes === 8 ? this.view.getBigUint64(n * 8, true) : BigInt(this.view.getUint32(n * 4, true));
  }

  /** Number `n` of 64 bits, on every architecture. */
  long(n: number): bigint {
    return this.view.getBigUint64(n * 8, true);
  }

  int(at: number): number {
    return this.view.getInt32(at, true);
  }
}

/** st_mode's types of files, inode(7). */
const FILE_TYPES: Readonly<Record<number, string>> = {
  1: "S_IFIFO",
  2: "S_IFCHR",
  4: "S_IFDIR",
  6: "S_IFBLK",
  8: "S_IFREG",
  10: "S_IFLNK",
  12: "S_IFSOCK",
};

const PAIR = {
  kind: "after",
  bytes: 8,
  text: (words: Words) => `[${words.int(0)}, ${words.int(4)}]`,
} as const;

function status({ sizeAt }: Layout): Omit<Pointed, "argument"> {
  return { kind: "after", bytes: sizeAt + 8, text: statusText };
}

function statusText(words: Words): string {
  const { modeAt, sizeAt } = words.layout;
  return statusOf(words.int(modeAt), words.long(sizeAt / 8));
}

function statusOf(mode: number, size: bigint): string {
  const type = FILE_TYPES[(mode >>> 12) & 15] ?? "0";
  return `{st_mode=${type}|0${(mode & 0o7777).toString(8)}, st_size=${size}, ...}`;
}

/** `struct __old_kernel_stat` of 32 bits, which `fstat` has there. */
const NARROW_STATUS = {
  kind: "after",
  bytes: 24,
  text: (words: Words) => statusOf(words.int(8) & 0xffff, words.word(5)),
} as const;

function limits(bytes: number, at: (words: Words, n: number) => bigint): Omit<Pointed, "argument"> {
  return {
    kind: "before",
    bytes,
    text: (words) => `{rlim_cur=${at(words, 0)}, rlim_max=${at(words, 1)}}`,
  };
}

/** By the function that serves the call: the structure, and the name of its argument. */
function structureOf(server: string, name: string, layout: Layout): Omit<Pointed, "argument"> | undefined {
  const { wordBytes } = layout;
  switch (`${server} ${name}`) {
    case "setrlimit limits":
      return limits(2 * wordBytes, (words, n) => words.word(n));
    case "prlimit limits":
      return limits(16, (words, n) => words.long(n));
    case "setAlternateStack stack":
      return { kind: "before", bytes: 3 * wordBytes, text: stackText };
    case "openat how":
      return { kind: "before", bytes: 24, text: (words) => `{flags=0x${words.long(0).toString(16)}}` };
    case "fork arguments":
      return { kind: "before", bytes: 64, text: cloneText };
    case "pipe pair":
    case "socketpair pair":
      return PAIR;
    case "fstat status":
    case "fstatat status":
      return status(layout);
    case "llseek position":
      return { kind: "after", bytes: 8, text: (words) => `[${words.long(0)}]` };
    case "ioSetup context":
      return { kind: "after", bytes: wordBytes, text: (words) => `[${words.hex(0)}]` };
    default:
      return undefined;
  }
}

/** The fields that tell where a handler runs. */
function actionText(words: Words): string {
  return actionOf(words.word(0), words.hex(1));
}

function actionOf(handler: bigint, flags: string): string {
  const shown = handler === 0n ? "SIG_DFL" : handler === 1n ? "SIG_IGN" : `0x${handler.toString(16)}`;
  return `{sa_handler=${shown}, sa_mask=[], sa_flags=${flags}}`;
}

function stackText(words: Words): string {
  const flags = words.int(words.layout.wordBytes);
  return `{ss_sp=${words.hex(0)}, ss_flags=${flags}, ss_size=${words.word(2)}}`;
}

/** clone_args of clone3(2). */
function cloneText(words: Words): string {
  const hex = (n: number) => `0x${words.long(n).toString(16)}`;
  return `{flags=${hex(0)}, child_tid=${hex(2)}, exit_signal=${words.long(4)}, stack=${hex(5)}, stack_size=${hex(6)}}`;
}

const AS_IS = () => "";

/** sigaction(2) of 32 bits. */
function narrowActionText(words: Words): string {
  return actionOf(words.word(0), words.hex(2));
}

/** Returns the data behind a call's arguments, as far as a run needs them. `call` is one of the row's names. */
export function pointedBy(call: string, { parameters, server }: CallRow, layout: Layout): readonly Pointed[] {
  const isNarrow = layout.wordBytes === 4;
  return parameters.flatMap(({ name, isStruct }, argument): Pointed[] => {
    if (name === "path" || (name === "name" && server === "memfdCreate"))
      return [{ argument, kind: "string", bytes: 0, text: AS_IS }];
    if (name === "arguments" && !isStruct) return [{ argument, kind: "list", bytes: 0, text: AS_IS }];
    if (name === "action" && call === "rt_sigaction")
      return [{ argument, kind: "before", bytes: 2 * layout.wordBytes, text: actionText }];
    if (name === "action" && isNarrow)
      return [{ argument, kind: "before", bytes: 3 * layout.wordBytes, text: narrowActionText }];
    if (name === "status" && call === "fstat" && isNarrow) return [{ argument, ...NARROW_STATUS }];
    const structure = structureOf(server, name, layout);
    return structure === undefined ? [] : [{ argument, ...structure }];
  });
}
