/**
 * Records of a heap over time: series, maps of chunks, histograms.
 */

// Which things a recorder keeps: bits.
export const RECORD_SERIES = 1;
export const RECORD_MAP = 2;
export const RECORD_COSTS = 4;

// A recorder, `heap/recorder.ts`: addresses, u32 each, 0: not asked for.
export const RECORDER_SERIES = 0;
export const RECORDER_MAP = 4;
export const RECORDER_STEPS = 8;
export const RECORDER_LINES = 12;

// Moments, `heap/moments.ts`: how many are kept, u32.
export const MOMENTS_COUNT = 8;

// A series: addresses of its moments and of its samples, u32 each.
export const SERIES_MOMENTS = 0;
export const SERIES_DATA = 4;
export const SERIES_SAMPLES = 512;
// A sample, u64 each; faults: since the heap was made.
export const SAMPLE_OPERATIONS = 0;
export const SAMPLE_LIVE = 8;
export const SAMPLE_BLOCKS = 16;
export const SAMPLE_FOOTPRINT = 24;
export const SAMPLE_COMMITTED = 32;
export const SAMPLE_RESIDENT = 40;
export const SAMPLE_FAULTS = 48;
export const SAMPLE_BYTES = 64;

// A map of chunks, `heap/chunk-map.ts`: rows and the shift of a block, then addresses; u32 each.
export const MAP_ROW_COUNT = 0;
export const MAP_BLOCK_SHIFT = 4;
export const MAP_BLOCKS = 8;
export const MAP_CELLS = 12;
export const MAP_COLUMN_DATA = 16;
export const MAP_MOMENTS = 20;
// By row, u32 each: the arena of the first chunk there, MAP_NO_ARENA where that is mapped alone.
export const MAP_ARENAS = 24;
export const MAP_NO_ARENA = 0xffffffff;
export const MAP_ROWS = 1024;
export const MAP_COLUMNS = 256;
// A cell: bytes by state, u64 each.
export const MAP_USED = 0;
export const MAP_FREE = 8;
export const MAP_CACHED = 16;
export const MAP_TOP = 24;
export const MAP_META = 32;
export const MAP_MAPPED = 40;
export const MAP_CELL_BYTES = 48;
// A column: when it is, and what free chunks there are, caches and the top not counted; u64 each.
export const MAP_OPERATIONS = 0;
export const MAP_FREE_BYTES = 8;
export const MAP_FREE_CHUNKS = 16;
export const MAP_LARGEST_FREE = 24;
export const MAP_COLUMN_BYTES = 32;

// A histogram, `heap/histogram.ts`: u64 each, then the address of its buckets, u32.
export const HISTOGRAM_COUNT = 0;
export const HISTOGRAM_SUM = 8;
export const HISTOGRAM_MOST = 16;
export const HISTOGRAM_DATA = 24;
/** u64 each: exact below 32, sixteen for each power of two from there on. */
export const HISTOGRAM_BUCKETS = 976;
