/** The usable sizes that real allocators give, measured by `sizes.c`. */

/** Up to so many bytes, beginning behind the run before, so many may be used. */
export type Run = readonly [bytes: number, usable: number];

/** The runs of an allocator that rounds up to the next of these sizes, and past them by `round`. */
function runsOf(classes: readonly number[], round: (bytes: number) => number, most: number): Run[] {
  const runs: Run[] = classes.map((bytes) => [bytes, bytes]);
  for (let bytes = (classes.at(-1) ?? 0) + 1; bytes <= most; bytes = (runs.at(-1)?.[0] ?? 0) + 1) {
    const usable = round(bytes);
    runs.push([Math.min(usable, most), usable]);
  }
  return runs;
}

/** The tables go up to so many bytes. */
export const MOST = 300_000;

export const TCMALLOC_PAGE = 8192;
/** Classes of blocks, measured: 85 of up to 256 KiB. Larger blocks have whole pages. */
const TCMALLOC_CLASSES = [
  8, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448,
  480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2560, 2816, 3072, 3328,
  4096, 4608, 5120, 6144, 6656, 8192, 9216, 10240, 12288, 13312, 16384, 20480, 24576, 26624, 32768, 40960,
  49152, 57344, 65536, 73728, 81920, 90112, 98304, 106496, 114688, 122880, 131072, 139264, 147456, 155648,
  163840, 172032, 180224, 188416, 196608, 204800, 212992, 221184, 229376, 237568, 245760, 253952, 262144,
];

export const TCMALLOC = runsOf(
  TCMALLOC_CLASSES,
  (bytes) => Math.ceil(bytes / TCMALLOC_PAGE) * TCMALLOC_PAGE,
  MOST,
);

export const MIMALLOC_SLICE = 64 << 10;
/** Classes of blocks that share a page, measured: 49 of up to 128 KiB. Larger ones have slices of 64 KiB by powers of two and quarters. */
const MIMALLOC_CLASSES = [
  8, 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280,
  1536, 1792, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 7168, 8192, 10240, 12288, 14336, 16384, 20480, 24576,
  28672, 32768, 40960, 49152, 57344, 65536, 81920, 98304, 114688, 131072,
];

export const MIMALLOC = runsOf(
  MIMALLOC_CLASSES,
  (bytes) => Math.ceil(bytes / MIMALLOC_SLICE) * MIMALLOC_SLICE,
  MOST,
);
