/** Threads that encode the blocks of a trace that is written, while this one reads and decodes. */
import type { Watch } from "../pass/progress.js";
import { Kernel } from "../wasm/kernel.js";
import { WorkerPool } from "../workers/pool.js";
import { mayShare, threadsOf } from "../workers/threads.node.js";
import { ForeignBlocks } from "./pagewalk/block-encoder.js";
import type { BlockThreads } from "./pagewalk/encoded-block.js";

/** More would wait for this thread. */
const MOST_THREADS = 2;

const NO_WATCH: Watch = { onWork: () => undefined };

export class EncodingThreads {
  private pool: Promise<WorkerPool | undefined> | undefined;
  private here: Promise<ForeignBlocks> | undefined;

  /** Undefined if there are none: one processor, or memory that cannot be shared. */
  static create(): EncodingThreads | undefined {
    return mayShare() && threadsOf(undefined) > 1 ? new EncodingThreads() : undefined;
  }

  /** The first block starts the threads. If they do not start, this thread encodes. */
  readonly encode: BlockThreads = async (block) => {
    this.pool ??= WorkerPool.create(MOST_THREADS).catch(() => undefined);
    const pool = await this.pool;
    if (pool !== undefined) return pool.exec("encode", [block], NO_WATCH);
    this.here ??= Kernel.create().then((kernel) => new ForeignBlocks(kernel, block.shape));
    return (await this.here).encode(block);
  };

  async close(): Promise<void> {
    const pool = await this.pool;
    await pool?.close();
  }
}
