/**
 * The data of the model's pages: frames, mapped objects, and the page itself, which has all attributes of its region.
 */
import {
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../../assembly/abi/linux.js";

export const ACCESS = VM_READ | VM_WRITE | VM_EXEC;
export const PAGE_BYTES = 4096;
export const pagesOf = (bytes: number) => Math.ceil(bytes / PAGE_BYTES);

/** Of a call: a number, or the name of an error. */
export type Answer = number | string;

export interface Frame {
  readonly content: "zeros" | "private" | "object";
  /** The number of entries that map it. */
  mapped: number;
  /** Exclusive to one entry (PageAnonExclusive): fork clears this, a store that does not copy sets it again. */
  isExclusive: boolean;
}

export const ZEROS: Frame = { content: "zeros", mapped: 0, isExclusive: false };

export function newFrame(content: "private" | "object"): Frame {
  return { content, mapped: 0, isExclusive: content === "private" };
}

/** A file, all of whose pages have been read before, or shared anonymous memory. */
export class Backing {
  private readonly frames = new Map<number, Frame>();

  constructor(
    readonly kind: "file" | "shared",
    public pages: number,
  ) {}

  /** True if the page is in memory already. */
  isCached(index: number): boolean {
    return index < this.pages && (this.kind === "file" || this.frames.has(index));
  }

  frame(index: number): Frame {
    let frame = this.frames.get(index);
    if (frame === undefined) {
      frame = newFrame("object");
      this.frames.set(index, frame);
    }
    return frame;
  }

  /** Sets its length; all of it is in memory. */
  resize(pages: number): void {
    this.pages = pages;
    for (const index of this.frames.keys()) if (index >= pages) this.frames.delete(index);
  }

  /** MADV_REMOVE: later accesses to the page get another frame. */
  forget(index: number): void {
    this.frames.delete(index);
  }
}

/** The state of a page in page tables. */
export interface Entry {
  frame: Frame;
  isWritable: boolean;
  isDirty: boolean;
}

/** Linux's anon_vma: only its identity matters here. */
export class Origin {
  readonly kind = "origin";
}

export interface Page {
  /** VM_…. */
  flags: number;
  backing: Backing | undefined;
  /** The open file by which it was mapped (vm_file). */
  opening: number;
  /** Its index in the mapped object; for private anonymous memory, its page number when it was mapped (vm_pgoff). */
  index: number;
  origin: Origin | undefined;
  /** Its region was inherited with an origin (its anon_vma_chain is not singular). */
  isForked: boolean;
  /** It is in one region with the page below. */
  isJoined: boolean;
  entry: Entry | undefined;
  /** A guard replaces the entry. */
  isGuarded: boolean;
}

export function has(page: Page, flags: number): boolean {
  return (page.flags & flags) !== 0;
}

export function isData(flags: number): boolean {
  return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE;
}

export function isLocked(page: Page): boolean {
  return has(page, VM_LOCKED);
}
