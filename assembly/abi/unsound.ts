/**
 * What `systemDefect` finds wrong.
 */

// What `systemDefect` finds wrong, 0: nothing. Mistakes of ours, all of them.
export const UNSOUND_FRAMES = 1;
export const UNSOUND_MAPPINGS = 2;
export const UNSOUND_TABLES = 3;
export const UNSOUND_REGIONS = 4;
export const UNSOUND_SUMS = 5;
export const UNSOUND_PROMISES = 6;
export const UNSOUND_KEPT = 7;
export const UNSOUND_POLICY = 8;
export const UNSOUND_OBJECTS = 9;
export const UNSOUND_SWAP = 10;
export const UNSOUND_POOL = 11;
export const UNSOUND_TLBS = 12;
export const UNSOUND_CACHES = 13;
export const UNSOUND_FILTER = 14;
export const UNSOUND_GUARDS = 15;
