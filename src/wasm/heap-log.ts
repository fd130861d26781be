/** Heap logs in kernel memory: bytes become records of operations, addresses become numbers of blocks. */
import { HEAP_BATCH, HEAP_BYTES } from "../../assembly/abi/heap.js";
import {
  FINDING_ADDRESS,
  FINDING_BYTES,
  FINDING_FREED,
  FINDING_LINE,
  FINDING_MADE,
  FINDING_OP,
  HEAP_DECODER_NO_ADDRESSES,
  HEAP_DECODER_TAKES_CALLS,
  HEAP_DECODER_THREADS,
  LEAK_ADDRESS,
  LEAK_BYTES,
  LEAK_LINE,
  LEAK_SIZE,
  MOST_FINDINGS,
  RESOLVER_BLOCKS,
  RESOLVER_BYTES,
  RESOLVER_COUNTS,
  RESOLVER_FAILED,
  RESOLVER_FINDINGS,
  RESOLVER_UNADDRESSED,
} from "../../assembly/abi/heap-log.js";
import { type HeapDecodeExport, KernelDecoder } from "./decoder.js";
import { type Kernel, outOfMemory } from "./kernel.js";

export class KernelHeapDecoder extends KernelDecoder {
  constructor(kernel: Kernel, decode: HeapDecodeExport, takesCalls: boolean) {
    super(kernel, decode, [[HEAP_DECODER_TAKES_CALLS, Number(takesCalls)]], {
      create: "createHeapDecoder",
      batchBytes: HEAP_BATCH * HEAP_BYTES,
    });
  }

  /** Threads seen so far. */
  get threads(): number {
    return this.field(HEAP_DECODER_THREADS);
  }

  /** True if blocks have no addresses in this log. Known once it has operations. */
  get hasNoAddresses(): boolean {
    return this.field(HEAP_DECODER_NO_ADDRESSES) !== 0;
  }
}

export interface RawFinding {
  readonly address: bigint;
  /** `HEAP_MALLOC` and so on. */
  readonly op: number;
  readonly line: number;
  /** The lines where the block was allocated and freed before; 0: none. */
  readonly made: number;
  readonly freed: number;
}

export interface RawLeak {
  readonly address: bigint;
  readonly bytes: number;
  readonly line: number;
}

/** The most leaks that one call into the kernel returns. */
const LEAKS = 4096;

export class KernelResolver {
  private readonly address: number;
  private readonly leakList: number;

  constructor(
    private readonly kernel: Kernel,
    readonly hasNoAddresses: boolean,
  ) {
    this.address = kernel.exports.createResolver(hasNoAddresses) >>> 0;
    if (this.address === 0) throw outOfMemory();
    this.leakList = kernel.allocate(LEAKS * LEAK_BYTES);
  }

  /** Numbers the blocks of `count` records. Returns the new number of records. Throws `OutOfMemoryError`. */
  resolve(records: number, count: number): number {
    const made = this.kernel.exports.resolveBlocks(this.address, records, count) >>> 0;
    if (this.kernel.view().getUint32(this.address + RESOLVER_FAILED, true) !== 0) throw outOfMemory();
    return made;
  }

  /** Blocks in use, and their requested bytes. */
  get inUse(): { blocks: number; bytes: number } {
    return { blocks: this.counter(RESOLVER_BLOCKS), bytes: this.counter(RESOLVER_BYTES) };
  }

  /** Blocks of posix_memalign whose address is not in the log. */
  get unaddressed(): number {
    return this.counter(RESOLVER_UNADDRESSED);
  }

  /** Findings of a kind: `FINDING_…`. */
  count(kind: number): number {
    return this.counter(RESOLVER_COUNTS + kind * 8);
  }

  /** The first findings of a kind. */
  findings(kind: number): RawFinding[] {
    const view = this.kernel.view();
    const list = view.getUint32(this.address + RESOLVER_FINDINGS, true);
    return Array.from({ length: Math.min(this.count(kind), MOST_FINDINGS) }, (_, n) => {
      const at = list + (kind * MOST_FINDINGS + n) * FINDING_BYTES;
      return {
        address: view.getBigUint64(at + FINDING_ADDRESS, true),
        op: view.getUint32(at + FINDING_OP, true),
        line: view.getUint32(at + FINDING_LINE, true),
        made: view.getUint32(at + FINDING_MADE, true),
        freed: view.getUint32(at + FINDING_FREED, true),
      };
    });
  }

  /** The blocks in use, in no particular order. */
  *leaks(): Generator<RawLeak> {
    for (;;) {
      const count = this.kernel.exports.nextLeaks(this.address, this.leakList, LEAKS) >>> 0;
      if (count === 0) return;
      const view = this.kernel.view();
      for (let n = 0; n < count; n++) {
        const at = this.leakList + n * LEAK_BYTES;
        yield {
          address: view.getBigUint64(at + LEAK_ADDRESS, true),
          bytes: Number(view.getBigUint64(at + LEAK_SIZE, true)),
          line: view.getUint32(at + LEAK_LINE, true),
        };
      }
    }
  }

  private counter(offset: number): number {
    return Number(this.kernel.view().getBigUint64(this.address + offset, true));
  }
}
