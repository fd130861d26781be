/** 32-bit programs on a 64-bit kernel, whose address spaces have almost 4 GiB. */
import type { Process } from "../process.js";

/**
 * Gives the process the addresses of a 32-bit program, if this architecture runs such programs and the process has
 * nothing above them.
 */
export function becomeNarrow(process: Process): void {
  const { space, system } = process;
  const layout = system.compatibleLayout(process.getrlimit("stack").soft);
  const highest = process.rawRegions().at(-1)?.end ?? 0n;
  if (layout !== undefined && layout.taskSize < space.layout.taskSize && highest <= layout.taskSize)
    space.adopt(layout);
}
