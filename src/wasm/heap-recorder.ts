/** What is kept of a heap while it serves, and of a heap log as such. The structs are in assembly/abi-heap.ts. */
import * as abi from "../../assembly/abi-heap.js";
import { type Histogram, readHistogram } from "./histogram.js";
import { type Kernel, outOfMemory } from "./kernel.js";

export interface RecorderParts {
  series: boolean;
  map: boolean;
  costs: boolean;
}

/** A heap at a moment; bytes. */
export interface HeapSample {
  operations: number;
  live: number;
  blocks: number;
  footprint: number;
  committed: number;
  resident: number;
  faults: number;
}

/** States of a cell, in the order of its bytes. */
export const MAP_STATES = ["used", "free", "cached", "top", "meta", "mapped"] as const;

/** Chunks by blocks of addresses, at moments. */
export interface HeapGrid {
  /** Bytes of a block. */
  blockBytes: number;
  moments: readonly HeapGridMoment[];
  /** By address. */
  rows: readonly HeapGridRow[];
}

export interface HeapGridMoment {
  operations: number;
  /** Of free chunks, the top and caches not counted. */
  freeBytes: number;
  freeChunks: number;
  largestFree: number;
}

export interface HeapGridRow {
  /** The address where the block begins. */
  page: bigint;
  /** Whose chunk came there first; undefined: it is mapped alone. */
  arena: number | undefined;
  /** Bytes of it in each state, `MAP_STATES.length` a moment. */
  bytes: Float64Array;
}

export interface OperationCosts {
  steps: Histogram;
  lines: Histogram;
}

const SAMPLE_FIELDS = {
  operations: abi.SAMPLE_OPERATIONS,
  live: abi.SAMPLE_LIVE,
  blocks: abi.SAMPLE_BLOCKS,
  footprint: abi.SAMPLE_FOOTPRINT,
  committed: abi.SAMPLE_COMMITTED,
  resident: abi.SAMPLE_RESIDENT,
  faults: abi.SAMPLE_FAULTS,
} as const satisfies Record<keyof HeapSample, number>;

export class HeapRecorder {
  private readonly address: number;

  /** Records the heap at `heap` of kernel memory from now on; `expected`: about how many operations there will be. */
  constructor(
    private readonly kernel: Kernel,
    private readonly heap: number,
    { series, map, costs }: RecorderParts,
    expected = 0,
  ) {
    const what =
      (series ? abi.RECORD_SERIES : 0) | (map ? abi.RECORD_MAP : 0) | (costs ? abi.RECORD_COSTS : 0);
    this.address = kernel.exports.recordHeap(heap, what, expected) >>> 0;
    if (this.address === 0) throw outOfMemory();
  }

  /** The heap's last moment. */
  finish(): void {
    this.kernel.exports.finishRecording(this.heap);
  }

  isValid(): boolean {
    return this.kernel.exports.isRecorderValid(this.address) !== 0;
  }

  get series(): HeapSample[] {
    const series = this.word(this.address + abi.RECORDER_SERIES);
    if (series === 0) return [];
    const data = this.word(series + abi.SERIES_DATA);
    const count = this.word(this.word(series + abi.SERIES_MOMENTS) + abi.MOMENTS_COUNT);
    return Array.from({ length: count }, (_, n) => this.sampleAt(data + n * abi.SAMPLE_BYTES));
  }

  private sampleAt(address: number): HeapSample {
    const sample: Partial<HeapSample> = {};
    for (const [name, offset] of Object.entries(SAMPLE_FIELDS)) {
      sample[name as keyof HeapSample] = this.number(address + offset);
    }
    return sample as HeapSample;
  }

  get grid(): HeapGrid | undefined {
    const map = this.word(this.address + abi.RECORDER_MAP);
    if (map === 0) return undefined;
    const count = this.word(this.word(map + abi.MAP_MOMENTS) + abi.MOMENTS_COUNT);
    const shift = this.word(map + abi.MAP_BLOCK_SHIFT);
    const columns = this.word(map + abi.MAP_COLUMN_DATA);
    const rows = Array.from({ length: this.word(map + abi.MAP_ROW_COUNT) }, (_, row) =>
      this.gridRow(map, row, shift, count),
    );
    return {
      blockBytes: 2 ** shift,
      moments: Array.from({ length: count }, (_, n) => this.gridMoment(columns + n * abi.MAP_COLUMN_BYTES)),
      rows: rows.sort((one, other) => (one.page < other.page ? -1 : 1)),
    };
  }

  private gridMoment(address: number): HeapGridMoment {
    return {
      operations: this.number(address + abi.MAP_OPERATIONS),
      freeBytes: this.number(address + abi.MAP_FREE_BYTES),
      freeChunks: this.number(address + abi.MAP_FREE_CHUNKS),
      largestFree: this.number(address + abi.MAP_LARGEST_FREE),
    };
  }

  private gridRow(map: number, row: number, shift: number, moments: number): HeapGridRow {
    const view = this.kernel.view();
    const block = view.getBigUint64(this.word(map + abi.MAP_BLOCKS) + row * 8, true);
    const cells = this.word(map + abi.MAP_CELLS) + row * abi.MAP_COLUMNS * abi.MAP_CELL_BYTES;
    const bytes = Float64Array.from({ length: moments * MAP_STATES.length }, (_, n) =>
      Number(view.getBigUint64(cells + n * 8, true)),
    );
    const arena = view.getUint32(this.word(map + abi.MAP_ARENAS) + row * 4, true);
    return { page: block << BigInt(shift), arena: arena === abi.MAP_NO_ARENA ? undefined : arena, bytes };
  }

  get costs(): OperationCosts | undefined {
    const steps = this.word(this.address + abi.RECORDER_STEPS);
    const lines = this.word(this.address + abi.RECORDER_LINES);
    if (steps === 0) return undefined;
    return { steps: readHistogram(this.kernel, steps), lines: readHistogram(this.kernel, lines) };
  }

  private word(address: number): number {
    return this.kernel.view().getUint32(address, true);
  }

  private number(address: number): number {
    return Number(this.kernel.view().getBigUint64(address, true));
  }
}

/** What a log is like, whatever the allocator. */
export interface HeapSurvey {
  operations: number;
  bytes: number;
  made: number;
  freed: number;
  /** Bytes asked for; operations from making to freeing. */
  sizes: Histogram;
  lives: Histogram;
}

export class KernelHeapSurvey {
  private readonly address: number;
  private readonly batch: number;

  constructor(private readonly kernel: Kernel) {
    this.address = kernel.exports.createHeapSurvey() >>> 0;
    if (this.address === 0) throw outOfMemory();
    this.batch = kernel.allocate(abi.HEAP_BATCH * abi.HEAP_BYTES);
  }

  /** Takes up the first `count` of the records. */
  add(records: Uint8Array, count: number): void {
    this.kernel.bytes(this.batch, count * abi.HEAP_BYTES).set(records.subarray(0, count * abi.HEAP_BYTES));
    if (this.kernel.exports.surveyHeap(this.address, this.batch, count) === 0) throw outOfMemory();
  }

  get result(): HeapSurvey {
    const view = this.kernel.view();
    const field = (offset: number) => Number(view.getBigUint64(this.address + offset, true));
    const histogram = (offset: number) =>
      readHistogram(this.kernel, view.getUint32(this.address + offset, true));
    return {
      operations: field(abi.SURVEY_OPERATIONS),
      bytes: field(abi.SURVEY_BYTES),
      made: field(abi.SURVEY_MADE),
      freed: field(abi.SURVEY_FREED),
      sizes: histogram(abi.SURVEY_SIZES),
      lives: histogram(abi.SURVEY_LIVES),
    };
  }
}
