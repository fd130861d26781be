/** A process's system calls as methods, with the arguments of C. Errors are values; invalid arguments are thrown. */
import { UsageError } from "../../errors.js";
import type { Answer } from "../answers.js";
import { argumentBits, mustBeFile, signedWord, type Word, word } from "../arguments.js";
import { MEMORY_RESOURCES, type ResourceLimit, resourceNumber } from "../system/limits.js";
import type { OpenFile } from "../system/open-file.js";
import type { CallName } from "./ops.js";
import { References } from "./references.js";

/** mincore returns a flag per page. */
const MOST_FLAGS = 1 << 26;

export abstract class SystemCalls extends References {
  /**
   * Runs one call by name, with arguments as the kernel takes them. `number` is the caller's number of the call;
   * regions keep it.
   */
  abstract call(name: CallName, args: readonly bigint[], number?: number): Answer;

  /** Moves the end of the heap; without an address, returns it. */
  brk(address: Word = 0): Answer {
    return this.call("brk", [word(address, "brk", 1)]);
  }

  /** Moves the end of the heap by a number of bytes. Returns the old end, or ENOMEM, as the C library's sbrk. */
  sbrk(bytes: Word, number = this.nextCall()): Answer {
    const change = signedWord(bytes, "sbrk", 1);
    const before = this.call("brk", [0n], number).value;
    const wanted = BigInt.asUintN(64, before + change);
    if (this.call("brk", [wanted], number).value !== wanted) return { value: -1n, error: "ENOMEM" };
    return { value: before, error: undefined };
  }

  /**
   * Flags and protection by name (`PROT_READ|PROT_WRITE`) or number; `offset` in bytes. `file` is a result of
   * `System.open`, or a path, which counts as open for reading and writing.
   */
  mmap(
    address: Word,
    bytes: Word,
    protection: Word,
    flags: Word,
    file?: string | OpenFile,
    offset: Word = 0,
  ): Answer {
    const bits = [
      word(address, "mmap", 1),
      word(bytes, "mmap", 2),
      argumentBits(protection, "mmap", 3),
      argumentBits(flags, "mmap", 4),
    ];
    if (file !== undefined) mustBeFile(file);
    const start = word(offset, "mmap", 6);
    return this.call("mmap", [...bits, this.space.files.bits(file), start]);
  }

  /** munmap(2): removes the pages of the range, and splits regions. EINVAL: not aligned, or no length. */
  munmap(address: Word, bytes: Word): Answer {
    return this.onRange("munmap", address, bytes);
  }

  /** mprotect(2). `protection` by name (`PROT_READ|PROT_WRITE`) or number. ENOMEM: a part has no region. */
  mprotect(address: Word, bytes: Word, protection: Word): Answer {
    return this.onRangeWith("mprotect", address, bytes, protection);
  }

  /** mremap(2): returns the address of the resized region. `flags` by name (`MREMAP_MAYMOVE`) or number. */
  mremap(address: Word, oldBytes: Word, newBytes: Word, flags: Word = 0, target: Word = 0): Answer {
    return this.call("mremap", [
      word(address, "mremap", 1),
      word(oldBytes, "mremap", 2),
      word(newBytes, "mremap", 3),
      argumentBits(flags, "mremap", 4),
      word(target, "mremap", 5),
    ]);
  }

  /** madvise(2). `advice` by name (`MADV_DONTNEED`) or number. */
  madvise(address: Word, bytes: Word, advice: Word): Answer {
    return this.onRangeWith("madvise", address, bytes, advice);
  }

  /** mlock(2): brings the pages in, and keeps them in memory. ENOMEM: RLIMIT_MEMLOCK, or a part has no region. */
  mlock(address: Word, bytes: Word): Answer {
    return this.onRange("mlock", address, bytes);
  }

  /** mlock2(2). With `MLOCK_ONFAULT` pages are locked when they are brought in. */
  mlock2(address: Word, bytes: Word, flags: Word): Answer {
    return this.onRangeWith("mlock2", address, bytes, flags);
  }

  /** munlock(2). */
  munlock(address: Word, bytes: Word): Answer {
    return this.onRange("munlock", address, bytes);
  }

  /** mlockall(2). `flags` by name (`MCL_CURRENT|MCL_FUTURE`) or number. */
  mlockall(flags: Word): Answer {
    return this.call("mlockall", [argumentBits(flags, "mlockall", 1)]);
  }

  /** munlockall(2). */
  munlockall(): Answer {
    return this.call("munlockall", []);
  }

  /** msync(2). `flags` by name (`MS_SYNC`) or number. ENOMEM: a part has no region. */
  msync(address: Word, bytes: Word, flags: Word): Answer {
    return this.onRangeWith("msync", address, bytes, flags);
  }

  /** mseal(2): the regions can no longer be changed. ENOMEM: a part has no region. */
  mseal(address: Word, bytes: Word, flags: Word = 0): Answer {
    return this.onRangeWith("mseal", address, bytes, flags);
  }

  private onRange(name: CallName, address: Word, bytes: Word): Answer {
    return this.call(name, [word(address, name, 1), word(bytes, name, 2)]);
  }

  private onRangeWith(name: CallName, address: Word, bytes: Word, flags: Word): Answer {
    return this.call(name, [word(address, name, 1), word(bytes, name, 2), argumentBits(flags, name, 3)]);
  }

  /** A flag per page, true if an access would not wait for a disk; or an error. */
  mincore(address: Word, bytes: Word): Answer & { pages: boolean[] } {
    const start = word(address, "mincore", 1);
    const size = word(bytes, "mincore", 2);
    const pages = Number((size + this.pageBytes - 1n) / this.pageBytes);
    if (pages > MOST_FLAGS && size <= this.space.layout.taskSize)
      throw new UsageError(`mincore of ${pages} pages`, `ask for ${MOST_FLAGS} at once at most`);
    const vector = pages > MOST_FLAGS ? 0 : this.space.kernel.bufferFor(pages);
    const answer = this.call("mincore", [start, size, BigInt(vector)]);
    const bits = answer.error === undefined ? this.space.kernel.bytesIn(vector, pages) : [];
    return { ...answer, pages: Array.from(bits, (bit) => bit !== 0) };
  }

  /** getpagesize(2), and sysconf(_SC_PAGESIZE). */
  getpagesize(): number {
    return Number(this.pageBytes);
  }

  /** `stack`, `memlock`, `as` or `data`, in bytes; 2^64 - 1: no limit. */
  getrlimit(resource: string): { soft: bigint; hard: bigint } {
    return this.space.kernel.limit(resourceNumber(resource));
  }

  /** setrlimit(2) in bytes; 2^64 - 1: no limit. EPERM: above the hard limit. Resources as for `getrlimit`. */
  setrlimit(resource: string, soft: Word, hard: Word = this.getrlimit(resource).hard): Answer {
    return this.call("setrlimit", [
      BigInt(resourceNumber(resource)),
      argumentBits(soft, "setrlimit", 2),
      argumentBits(hard, "setrlimit", 3),
    ]);
  }

  /** The memory limits, which children inherit. */
  limits(): ResourceLimit[] {
    return MEMORY_RESOURCES.map((resource) => ({
      resource,
      ...this.space.kernel.limit(resource),
    }));
  }
}
