/** Outcomes of a page fault. */
export const MINOR: u32 = 0;
export const MAJOR: u32 = 1;
/** The object has no page there: the address is past its end. */
export const NOTHING_THERE: u32 = 2;
/** No frame is available: the process was killed, or Wasm's memory is out. */
export const NO_FRAME: u32 = 3;
/** The page is a guard page. */
export const GUARDED: u32 = 4;
