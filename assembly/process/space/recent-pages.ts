/**
 * Pages that were found lately, and where their contents are: so an access costs two loads and a compare. An entry for each
 * value of a page number's low bits:
 *
 *   │ page number u64 │ what is added to an address in it, u32 │ unused │   1024 entries
 *
 * They stand at the same distance from a struct of another's, which has its address at hand wherever it uses them.
 */
const PAGE_SHIFT: u32 = 12;
const ENTRY_SHIFT: u32 = 4;
const ENTRIES: usize = 1024;
const MASK: usize = (ENTRIES - 1) << ENTRY_SHIFT;
/** From the struct's beginning to the first entry. */
export const RECENT_PAGES_DISTANCE: usize = 256;
/** The struct's bytes, at most, and the entries'. */
export const RECENT_PAGES_BYTES: usize = RECENT_PAGES_DISTANCE + (ENTRIES << ENTRY_SHIFT);

@unmanaged
export class RecentPages {
  /** Forgets all. */
  forgetAll(): void {
    memory.fill(changetype<usize>(this) + RECENT_PAGES_DISTANCE, 0xff, ENTRIES << ENTRY_SHIFT);
  }

  /** By which the page of `va` is found, if it is. */
  @inline
  entry(va: u64): usize {
    return changetype<usize>(this) + (<usize>(va >> (PAGE_SHIFT - ENTRY_SHIFT)) & MASK);
  }

  @inline
  has(entry: usize, va: u64): bool {
    return load<u64>(entry, RECENT_PAGES_DISTANCE) == va >> PAGE_SHIFT;
  }

  /** Where the byte at `va` is, whose page the entry has. */
  @inline
  at(entry: usize, va: u64): usize {
    return <usize>load<u32>(entry, RECENT_PAGES_DISTANCE + 8) + <usize>va;
  }

  /** The byte at `va` is at `at`. */
  remember(va: u64, at: usize): void {
    const entry = this.entry(va);
    store<u64>(entry, va >> PAGE_SHIFT, RECENT_PAGES_DISTANCE);
    store<u32>(entry, <u32>at - <u32>va, RECENT_PAGES_DISTANCE + 8);
  }

  forget(va: u64): void {
    const entry = this.entry(va);
    if (this.has(entry, va)) store<u64>(entry, u64.MAX_VALUE, RECENT_PAGES_DISTANCE);
  }
}
