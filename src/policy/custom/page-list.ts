/**
 * A list of pages for custom policies: a queue, a stack or an order of recency. A page is in a list at most once. Every
 * operation takes constant time.
 *
 *   front ── page ── page ── … ── page ── back        pushing a page that is in the list moves it
 */
/** A page number: a number up to 2^53 - 1, a bigint beyond. The same page is always the same value. */
export type Page = number | bigint;

interface Node {
  readonly page: Page;
  previous: Node;
  next: Node;
}

/** A doubly linked list of pages: every operation takes constant time. */
export class PageList implements Iterable<Page> {
  /** Sentinel: its `next` is the front, its `previous` the back; itself if the list is empty. */
  private readonly ends: Node;
  private readonly nodes = new Map<Page, Node>();

  constructor() {
    const ends = { page: -1 } as Node;
    ends.previous = ends;
    ends.next = ends;
    this.ends = ends;
  }

  /** Number of pages in the list. */
  get size(): number {
    return this.nodes.size;
  }

  /** The first page, undefined if the list is empty. */
  get front(): Page | undefined {
    return this.pageOf(this.ends.next);
  }

  /** The last page, undefined if the list is empty. */
  get back(): Page | undefined {
    return this.pageOf(this.ends.previous);
  }

  /** True if the page is in the list. */
  has(page: Page): boolean {
    return this.nodes.has(page);
  }

  /** Puts the page at the front, moving it if it is in the list. */
  pushFront(page: Page): void {
    const node = this.detached(page);
    link(node, this.ends, this.ends.next);
  }

  /** Puts the page at the back, moving it if it is in the list. */
  pushBack(page: Page): void {
    const node = this.detached(page);
    link(node, this.ends.previous, this.ends);
  }

  /** Removes the first page; undefined if the list is empty. */
  popFront(): Page | undefined {
    return this.pop(this.ends.next);
  }

  /** Removes the last page; undefined if the list is empty. */
  popBack(): Page | undefined {
    return this.pop(this.ends.previous);
  }

  /** Removes the page; returns whether it was in the list. */
  remove(page: Page): boolean {
    const node = this.nodes.get(page);
    if (node === undefined) return false;
    this.pop(node);
    return true;
  }

  /** From front to back. */
  *[Symbol.iterator](): Iterator<Page> {
    for (let node = this.ends.next; node !== this.ends; node = node.next) yield node.page;
  }

  /** A new, unlinked node for the page. */
  private detached(page: Page): Node {
    const known = this.nodes.get(page);
    if (known !== undefined) {
      unlink(known);
      return known;
    }
    const { ends } = this;
    const node: Node = { page, previous: ends, next: ends };
    this.nodes.set(page, node);
    return node;
  }

  private pop(node: Node): Page | undefined {
    if (node === this.ends) return undefined;
    unlink(node);
    this.nodes.delete(node.page);
    return node.page;
  }

  private pageOf(node: Node): Page | undefined {
    return node === this.ends ? undefined : node.page;
  }
}

function link(node: Node, previous: Node, next: Node): void {
  node.previous = previous;
  node.next = next;
  previous.next = node;
  next.previous = node;
}

function unlink({ previous, next }: Node): void {
  previous.next = next;
  next.previous = previous;
}
