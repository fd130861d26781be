/** How the service of a page fault ends. */
export const MINOR: u32 = 0;
export const MAJOR: u32 = 1;
/** The object has nothing at that place. */
export const NOTHING_THERE: u32 = 2;
/** There is no frame: the process was killed for it, or Wasm's memory is out. */
export const NO_FRAME: u32 = 3;
/** The page is guarded. */
export const GUARDED: u32 = 4;
