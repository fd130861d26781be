/**
 * Names of the ABI's enumerations by number, for the host. The kernel has no use for them and does not import this file,
 * so they are no part of its code. test/abi/names.test.ts compares them with the constants.
 */

/** Architectures: the rows of mmu/geometry. */
export const ARCHITECTURE_NAMES = [
  "x86-64",
  "x86-64-la57",
  "i386",
  "i386-pae",
  "sv39",
  "sv48",
  "sv57",
  "aarch64-4k",
  "aarch64-16k",
  "aarch64-64k",
] as const;

/** `KIND_…`: the kinds of references. */
export const REFERENCE_KINDS = ["fetch", "load", "store", "modify"] as const;

/** `CHUNK_…`: the states of a chunk in a heap. */
export const CHUNK_STATES = ["used", "free", "cached", "top", "meta", "mapped"] as const;

/** `CONTENT_…`: the contents of a page. */
export const PAGE_CONTENTS = ["nothing", "anonymous", "file", "shared", "zero", "kernel", "guard"] as const;

/** `SYSTEM_COSTS`: what costs cycles. `walkStep` is one entry that a walk reads. */
export const COST_NAMES = ["tlbHit", "walkStep", "minorFault", "majorFault", "shootdown", "call"] as const;

/** `SECTION_…`: the sections of a block in the `pagewalk` format. */
export const SECTION_NAMES = ["page path", "calls", "operations", "path", "guesses", "addresses"] as const;

/** `UNSOUND_…`: defects of a system, from 1. */
export const UNSOUND_NAMES = [
  "",
  "used and free frames do not add up to all frames, or a used frame has no owner",
  "a frame does not know exactly those who map it",
  "page tables are not as many as are counted",
  "regions are out of order, overlap, or part a page",
  "a sum of a space is not what its regions come to",
  "committed memory is not what regions commit",
  "unevictable pages are not those that are locked or the kernel's own",
  "the policy does not have exactly the pages that may go",
  "an object and its pages or regions disagree",
  "a place in swap is not held by as many as it counts",
  "the pool of huge pages has lost one",
  "a TLB disagrees with the page tables",
  "a paging-structure cache disagrees with the page tables",
  "the filter disagrees with the page tables",
  "a guard stands where none may be",
  "flags of a page contradict each other",
  "watermarks are out of order, or a page is still pinned",
  "numbers of spaces are lost or in two places",
] as const;
