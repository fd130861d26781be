/** Records the state of a heap over time, and findings of a heap log. The structs are in assembly/abi/heap.ts. */
import { HEAP_BATCH, HEAP_BYTES } from "../../assembly/abi/heap.js";
import {
  SURVEY_BYTES,
  SURVEY_FREED,
  SURVEY_LIVES,
  SURVEY_MADE,
  SURVEY_OPERATIONS,
  SURVEY_SIZES,
} from "../../assembly/abi/heap-log.js";
import {
  MAP_ARENAS,
  MAP_BLOCK_SHIFT,
  MAP_BLOCKS,
  MAP_CELL_BYTES,
  MAP_CELLS,
  MAP_COLUMN_BYTES,
  MAP_COLUMN_DATA,
  MAP_COLUMNS,
  MAP_FREE_BYTES,
  MAP_FREE_CHUNKS,
  MAP_LARGEST_FREE,
  MAP_MOMENTS,
  MAP_NO_ARENA,
  MAP_OPERATIONS,
  MAP_ROW_COUNT,
  MOMENTS_COUNT,
  RECORD_COSTS,
  RECORD_MAP,
  RECORD_SERIES,
  RECORDER_LINES,
  RECORDER_MAP,
  RECORDER_SERIES,
  RECORDER_STEPS,
  SAMPLE_BLOCKS,
  SAMPLE_BYTES,
  SAMPLE_COMMITTED,
  SAMPLE_FAULTS,
  SAMPLE_FOOTPRINT,
  SAMPLE_LIVE,
  SAMPLE_OPERATIONS,
  SAMPLE_RESIDENT,
  SERIES_DATA,
  SERIES_MOMENTS,
} from "../../assembly/abi/heap-recorder.js";
import { CHUNK_STATES } from "../../assembly/abi/names.js";
import { type Histogram, readHistogram } from "./histogram.js";
import { type Kernel, outOfMemory } from "./kernel.js";

export interface RecorderParts {
  series: boolean;
  map: boolean;
  costs: boolean;
}

/** A heap at a moment; bytes. */
export interface HeapSample {
  /** Operations served. */
  operations: number;
  /** Bytes requested and not yet freed. */
  live: number;
  /** Blocks allocated and not yet freed. */
  blocks: number;
  /** Bytes of these blocks, with headers and padding. */
  footprint: number;
  /** Bytes that the heap holds from the system. */
  committed: number;
  /** Bytes of the heap's pages in memory. */
  resident: number;
  /** Page faults so far. */
  faults: number;
}

/** The states of chunks by blocks of addresses, at moments. */
export interface HeapGrid {
  /** Bytes of a block. */
  blockBytes: number;
  moments: readonly HeapGridMoment[];
  /** By address. */
  rows: readonly HeapGridRow[];
}

/** A heap at one moment of a heap map; bytes. */
export interface HeapGridMoment {
  /** Operations served. */
  operations: number;
  /** Of free chunks, except the top chunk and those in caches. */
  freeBytes: number;
  /** Number of these chunks. */
  freeChunks: number;
  /** Bytes of the largest of them. */
  largestFree: number;
}

export interface HeapGridRow {
  /** The address where the block begins. */
  page: bigint;
  /** The arena of the first chunk there; undefined: a mapping of its own. */
  arena: number | undefined;
  /** Its bytes in each state, `CHUNK_STATES.length` values for each moment. */
  bytes: Float64Array;
}

export interface OperationCosts {
  steps: Histogram;
  lines: Histogram;
}

const SAMPLE_FIELDS = {
  operations: SAMPLE_OPERATIONS,
  live: SAMPLE_LIVE,
  blocks: SAMPLE_BLOCKS,
  footprint: SAMPLE_FOOTPRINT,
  committed: SAMPLE_COMMITTED,
  resident: SAMPLE_RESIDENT,
  faults: SAMPLE_FAULTS,
} as const satisfies Record<keyof HeapSample, number>;

export class HeapRecorder {
  private readonly address: number;

  /** Starts to record the heap at `heap` in kernel memory. `expected`: the approximate number of operations. */
  constructor(
    private readonly kernel: Kernel,
    private readonly heap: number,
    { series, map, costs }: RecorderParts,
    expected = 0,
  ) {
    const what = (series ? RECORD_SERIES : 0) | (map ? RECORD_MAP : 0) | (costs ? RECORD_COSTS : 0);
    this.address = kernel.exports.recordHeap(heap, what, expected) >>> 0;
    if (this.address === 0) throw outOfMemory();
  }

  /** Records the heap's last moment. */
  finish(): void {
    this.kernel.exports.finishRecording(this.heap);
  }

  isValid(): boolean {
    return this.kernel.exports.isRecorderValid(this.address) !== 0;
  }

  get series(): HeapSample[] {
    const series = this.word(this.address + RECORDER_SERIES);
    if (series === 0) return [];
    const data = this.word(series + SERIES_DATA);
    const count = this.word(this.word(series + SERIES_MOMENTS) + MOMENTS_COUNT);
    return Array.from({ length: count }, (_, n) => this.sampleAt(data + n * SAMPLE_BYTES));
  }

  private sampleAt(address: number): HeapSample {
    const sample: Partial<HeapSample> = {};
    for (const [name, offset] of Object.entries(SAMPLE_FIELDS)) {
      sample[name as keyof HeapSample] = this.number(address + offset);
    }
    return sample as HeapSample;
  }

  get grid(): HeapGrid | undefined {
    const map = this.word(this.address + RECORDER_MAP);
    if (map === 0) return undefined;
    const count = this.word(this.word(map + MAP_MOMENTS) + MOMENTS_COUNT);
    const shift = this.word(map + MAP_BLOCK_SHIFT);
    const columns = this.word(map + MAP_COLUMN_DATA);
    const rows = Array.from({ length: this.word(map + MAP_ROW_COUNT) }, (_, row) =>
      this.gridRow(map, row, shift, count),
    );
    return {
      blockBytes: 2 ** shift,
      moments: Array.from({ length: count }, (_, n) => this.gridMoment(columns + n * MAP_COLUMN_BYTES)),
      rows: rows.sort((one, other) => (one.page < other.page ? -1 : 1)),
    };
  }

  private gridMoment(address: number): HeapGridMoment {
    return {
      operations: this.number(address + MAP_OPERATIONS),
      freeBytes: this.number(address + MAP_FREE_BYTES),
      freeChunks: this.number(address + MAP_FREE_CHUNKS),
      largestFree: this.number(address + MAP_LARGEST_FREE),
    };
  }

  private gridRow(map: number, row: number, shift: number, moments: number): HeapGridRow {
    const view = this.kernel.view();
    const block = view.getBigUint64(this.word(map + MAP_BLOCKS) + row * 8, true);
    const cells = this.word(map + MAP_CELLS) + row * MAP_COLUMNS * MAP_CELL_BYTES;
    const bytes = Float64Array.from({ length: moments * CHUNK_STATES.length }, (_, n) =>
      Number(view.getBigUint64(cells + n * 8, true)),
    );
    const arena = view.getUint32(this.word(map + MAP_ARENAS) + row * 4, true);
    return { page: block << BigInt(shift), arena: arena === MAP_NO_ARENA ? undefined : arena, bytes };
  }

  get costs(): OperationCosts | undefined {
    const steps = this.word(this.address + RECORDER_STEPS);
    const lines = this.word(this.address + RECORDER_LINES);
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

/** Statistics of a log, independent of the allocator. */
export interface HeapSurvey {
  operations: number;
  bytes: number;
  made: number;
  freed: number;
  /** Requested bytes; operations from allocation to free. */
  sizes: Histogram;
  lives: Histogram;
}

export class KernelHeapSurvey {
  private readonly address: number;
  private readonly batch: number;

  constructor(private readonly kernel: Kernel) {
    this.address = kernel.exports.createHeapSurvey() >>> 0;
    if (this.address === 0) throw outOfMemory();
    this.batch = kernel.allocate(HEAP_BATCH * HEAP_BYTES);
  }

  /** Adds the first `count` of the records. */
  add(records: Uint8Array, count: number): void {
    this.kernel.bytes(this.batch, count * HEAP_BYTES).set(records.subarray(0, count * HEAP_BYTES));
    if (this.kernel.exports.surveyHeap(this.address, this.batch, count) === 0) throw outOfMemory();
  }

  get result(): HeapSurvey {
    const view = this.kernel.view();
    const field = (offset: number) => Number(view.getBigUint64(this.address + offset, true));
    const histogram = (offset: number) =>
      readHistogram(this.kernel, view.getUint32(this.address + offset, true));
    return {
      operations: field(SURVEY_OPERATIONS),
      bytes: field(SURVEY_BYTES),
      made: field(SURVEY_MADE),
      freed: field(SURVEY_FREED),
      sizes: histogram(SURVEY_SIZES),
      lives: histogram(SURVEY_LIVES),
    };
  }
}
