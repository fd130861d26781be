/**
 * What lets a system be stepped back: before each step, the blocks of kernel memory that the step changed. All state of
 * a simulation lies there, so putting them back undoes anything, evictions and TLB fills included. A step costs a
 * comparison of the memory in use with a copy of it; that copy and the changed blocks are what history takes.
 */
import type { Kernel } from "../wasm/kernel.js";

const BLOCK_WORDS = 512;

interface Step<State> {
  /** The words of each changed block as they were before, by the block's number. */
  readonly blocks: ReadonlyMap<number, Uint32Array>;
  /** How much memory was in use then, bytes. */
  readonly usedBytes: number;
  readonly state: State;
}

export class History<State> {
  private readonly steps: Step<State>[] = [];
  private mirror: Uint32Array;
  private state: State;

  /** `most`: steps that are kept; `state`: what belongs to the system outside kernel memory. */
  constructor(
    private readonly kernel: Kernel,
    private readonly most: number,
    state: State,
  ) {
    this.mirror = words(kernel).slice();
    this.state = state;
  }

  /** How many steps can be taken back. */
  get length(): number {
    return this.steps.length;
  }

  /** A step was taken, and this is what it came to. */
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

  /** Takes the last step back; the state outside kernel memory that goes with it, undefined when there is none. */
  back(): State | undefined {
    const step = this.steps.pop();
    if (step === undefined) return undefined;
    this.mirror = this.mirror.slice(0, step.usedBytes / 4);
    for (const [block, old] of step.blocks) this.mirror.set(old, block * BLOCK_WORDS);
    this.kernel.restore(new Uint8Array(this.mirror.buffer, 0, step.usedBytes));
    this.state = step.state;
    return step.state;
  }

  /** The system was put elsewhere: nothing of what led there can be taken back. */
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
