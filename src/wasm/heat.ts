/** Requests counted by block of pages and window of time. The struct is in assembly/analysis/heat.ts. */
import {
  HEAT_BLOCK_SHIFT,
  HEAT_BLOCKS,
  HEAT_COUNTS,
  HEAT_REQUESTS,
  HEAT_ROW_COUNT,
  HEAT_WINDOW_SHIFT,
  HEAT_WINDOWS,
} from "../../assembly/abi/heat.js";
import { type Kernel, outOfMemory } from "./kernel.js";

/** A block of pages that has requests. */
export interface HeatRow {
  /** Its first page. */
  page: bigint;
  /** Requests in each window. */
  counts: Uint32Array;
}

export interface HeatCounts {
  requests: number;
  /** Pages in a block, and requests in a window; the last window may be shorter. */
  blockPages: number;
  windowRequests: number;
  /** In the order of their first requests. */
  rows: HeatRow[];
}

export class KernelHeat {
  private readonly address: number;

  constructor(private readonly kernel: Kernel) {
    this.address = kernel.exports.createHeat() >>> 0;
    if (this.address === 0) throw outOfMemory();
  }

  /** Adds `count` requests, whose page numbers are at `keys`. */
  add(keys: number, count: number): void {
    this.kernel.exports.heatRequests(this.address, keys, count);
  }

  isValid(): boolean {
    return this.kernel.exports.isHeatValid(this.address) !== 0;
  }

  get result(): HeatCounts {
    const view = this.kernel.view();
    const field = (offset: number) => view.getUint32(this.address + offset, true);
    const requests = Number(view.getBigUint64(this.address + HEAT_REQUESTS, true));
    const windowRequests = 2 ** field(HEAT_WINDOW_SHIFT);
    const windows = Math.ceil(requests / windowRequests);
    const shift = BigInt(field(HEAT_BLOCK_SHIFT));
    const rows = Array.from({ length: field(HEAT_ROW_COUNT) }, (_, row) => ({
      page: view.getBigUint64(field(HEAT_BLOCKS) + row * 8, true) << shift,
      counts: new Uint32Array(view.buffer, field(HEAT_COUNTS) + row * HEAT_WINDOWS * 4, windows).slice(),
    }));
    return { requests, blockPages: 2 ** Number(shift), windowRequests, rows };
  }
}
