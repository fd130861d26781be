/** The pages of a process that are in memory or swap, as `/proc/PID/pagemap` tells of them. */
import { FLAG_ACCESSED, FLAG_DIRTY, FLAG_WRITE } from "../../assembly/abi.js";
import type { Process } from "./process.js";
import type { PageView } from "./views.js";

/** Every page of the regions between `start` and `end` that is there. Walks page by page. */
export function* pagemap(
  process: Process,
  start = 0n,
  end = process.system.layout.taskSize,
): Generator<PageView> {
  const { kernel } = process.system;
  for (const region of process.rawRegions()) {
    const last = region.end < end ? region.end : end;
    for (let va = region.start > start ? region.start : start; va < last; va += process.pageBytes) {
      const page = kernel.page(process.asid, va);
      if (page.pfn === undefined && page.place === undefined) continue;
      yield {
        address: va,
        pfn: page.pfn,
        content: page.content,
        mapped: page.mapped,
        swapPlace: page.place,
        dirty: (page.flags & FLAG_DIRTY) !== 0,
        accessed: (page.flags & FLAG_ACCESSED) !== 0,
        writable: (page.flags & FLAG_WRITE) !== 0,
        pageBytes: page.level > 1 ? 2 ** 21 : Number(process.pageBytes),
      };
    }
  }
}
