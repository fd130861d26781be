/** Entries of page tables in words. */
import type { EntryView } from "pagewalk";
import { bitNames } from "../../machine/entry-names.js";

/** `P RW US A` */
export function bitsOf(arch: string, { present, huge, raw }: EntryView): string {
  return present ? bitNames(arch, huge, raw).join(" ") : "not present";
}

/** `table in frame 3`; a page that was evicted is in swap. */
export function targetOf({ frame, leaf, raw }: EntryView): string {
  if (frame !== undefined) return `${leaf ? "page" : "table"} in frame ${frame}`;
  return raw === 0n ? "–" : "page in swap";
}
