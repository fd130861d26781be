/** Outcomes of a page fault, as Linux's VM_FAULT_… (mm_types.h). */

/** The page is mapped, and the fault waited for no disk. */
export const FAULT_MINOR: u32 = 0;
/** The page is mapped, and was read from a disk. */
export const FAULT_MAJOR: u32 = 1;
/** There is no page for the address: it is past the end of the object, or the pool of huge pages is empty. */
export const FAULT_SIGBUS: u32 = 2;
/** No frame is available: the process was killed, or Wasm's memory is out. */
export const FAULT_OOM: u32 = 3;
/** The page is a guard page. */
export const FAULT_SIGSEGV: u32 = 4;
/** No huge page can be mapped; a base page is tried. */
export const FAULT_FALLBACK: u32 = 5;
