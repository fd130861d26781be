/**
 * Undo for a system: before each step it keeps the blocks of kernel memory that the step changes. All state of a
 * simulation lies there, so restoring the blocks undoes everything, including evictions and TLB fills. A step costs a
 * comparison of the memory in use with a copy of it. The history takes the memory of that copy and of the changed
 * blocks.
 */
import type { Kernel } from "../../wasm/kernel.js";

const BLOCK_WORDS = 512;

interface Step<State> {
  /** The former words of each changed block, by block number. */
  readonly blocks: ReadonlyMap<number, Uint32Array>;
  /** Bytes in use at that time. */
  readonly usedBytes: number;
  readonly state: State;
}

export class History<State> {
  private readonly steps: Step<State>[] = [];
  private mirror: Uint32Array;
  private state: State;

  /** `most`: number of steps kept; `state`: the state of the system outside kernel memory. */
  constructor(
    private readonly kernel: Kernel,
    private readonly most: number,
    state: State,
  ) {
    this.mirror = words(kernel).slice();
    this.state = state;
  }

  /** Number of steps that can be taken back. */
  get length(): number {
    return this.steps.length;
  }

  /** Records a step and its result. */
  record(state: State): void {
    const now = words(this.kernel);
    const before = this.mirror;
    const blocks = new Map<number, Uint32Array>();
    for (let start = 0; start < before.length; start += BLOCK_WORDS) {
      const end = Math.min(start + BLOCK_WORDS, before.length);
      if (isSame(now, before, start, end)) continue;
      blocks.set(start / BLOCK_WORDS, before.slice(start, end));
    }
    this.steps.push({ blocks, usedBytes: before.byteLength, state: this.state });
    if (this.steps.length > this.most) this.steps.shift();
    if (now.length > before.length) {
      this.mirror = now.slice();
    } else {
      for (const [block, old] of blocks) {
        const start = block * BLOCK_WORDS;
        before.set(now.subarray(start, start + old.length), start);
      }
    }
    this.state = state;
  }

  /** Takes the last step back. Returns the state outside kernel memory, undefined if there is no step. */
  back(): State | undefined {
    const step = this.steps.pop();
    if (step === undefined) return undefined;
    this.mirror = this.mirror.slice(0, step.usedBytes / 4);
    for (const [block, old] of step.blocks) this.mirror.set(old, block * BLOCK_WORDS);
    this.kernel.restore(new Uint8Array(this.mirror.buffer, 0, step.usedBytes));
    this.state = step.state;
    return step.state;
  }

  /** Clears the history: the system was restored to another state. */
  restart(state: State): void {
    this.steps.length = 0;
    this.mirror = words(this.kernel).slice();
    this.state = state;
  }
}

function words(kernel: Kernel): Uint32Array {
  return new Uint32Array(kernel.memory.buffer, 0, Math.ceil(kernel.usedBytes / 4));
}

function isSame(a: Uint32Array, b: Uint32Array, start: number, end: number): boolean {
  for (let n = start; n < end; n++) if (a[n] !== b[n]) return false;
  return true;
}
