/**
 * The kernel's exports as TypeScript sees them: pointers and u32 arrive as signed 32-bit numbers (`>>> 0` them), u64
 * as BigInt, bool as 0 or 1. Kept in the order of `assembly/index.ts`; a test holds the two lists together.
 */

// core/arena
export declare function allocate(bytes: bigint): number;
export declare function arenaBytes(): number;
