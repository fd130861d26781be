/** What a replay found out, with the names that `replay --json` prints. */
import type { ReferenceCounts } from "../trace/trace.js";

export interface TlbCounts {
  lookups: number;
  hits: number;
  misses: number;
}

export interface ReplayResult {
  trace: { path: string; format: string; distinctPages: number } & ReferenceCounts;
  machine: {
    arch: string;
    /** Bytes of the smallest page. */
    pageSize: number;
    memoryBytes: number;
    policy: string;
    /** Each level's shape, such as `64x4`, by its name. */
    tlb: Record<string, string>;
  };
  tlb: Record<string, TlbCounts>;
  walks: { count: number; memoryReferences: number; cacheHits: number };
  faults: { minor: number; major: number; protection: number; segmentation: number };
  frames: { total: number; peakUsed: number; pageTablePages: number };
  replacement: { evictions: number; writebacks: number; swapIns: number };
  time: { seconds: number; referencesPerSecond: number };
}
