/**
 * Circular doubly linked lists in arrays of nodes. A list is a sentinel: a node of the same array without contents, so
 * that no operation has to check for an end.
 *
 *   0            8       12      16
 *   ├─ payload ──┼ next ─┼ prev ─┤       a node; the payload belongs to its owner
 *       u64         u32     u32
 *
 *   sentinel <─> front <─> … <─> back <─> sentinel
 *
 * A node's address is `nodes + 16 * index`. A node is in one list at a time. Lists do not store their length.
 */
export const NODE_SHIFT: u32 = 4;
export const NODE_BYTES: usize = 1 << NODE_SHIFT;
const NEXT: usize = 8;
const PREV: usize = 12;

export class List {
  @inline
  static next(nodes: usize, node: u32): u32 {
    return load<u32>(nodes + ((<usize>node) << 4), NEXT);
  }

  @inline
  static previous(nodes: usize, node: u32): u32 {
    return load<u32>(nodes + ((<usize>node) << 4), PREV);
  }

  /** For nodes that are in no list, which their owner may link freely. */
  @inline
  static setNext(nodes: usize, node: u32, next: u32): void {
    store<u32>(nodes + ((<usize>node) << 4), next, NEXT);
  }

  /** Makes `sentinel` an empty list. */
  @inline
  static clear(nodes: usize, sentinel: u32): void {
    List.join(nodes, sentinel, sentinel);
  }

  @inline
  static isEmpty(nodes: usize, sentinel: u32): bool {
    return List.next(nodes, sentinel) == sentinel;
  }

  @inline
  static front(nodes: usize, sentinel: u32): u32 {
    return List.next(nodes, sentinel);
  }

  @inline
  static back(nodes: usize, sentinel: u32): u32 {
    return List.previous(nodes, sentinel);
  }

  /** Inserts `node`, which is in no list, after `before`; after the sentinel means at the front. */
  @inline
  static insertAfter(nodes: usize, before: u32, node: u32): void {
    const after = List.next(nodes, before);
    List.join(nodes, before, node);
    List.join(nodes, node, after);
  }

  @inline
  static remove(nodes: usize, node: u32): void {
    List.join(nodes, List.previous(nodes, node), List.next(nodes, node));
  }

  @inline
  static moveToFront(nodes: usize, sentinel: u32, node: u32): void {
    List.remove(nodes, node);
    List.insertAfter(nodes, sentinel, node);
  }

  /** The number of nodes in the list; `limit + 1` when it is longer or its links disagree. */
  static length(nodes: usize, sentinel: u32, limit: u32): u32 {
    let length: u32 = 0;
    let before = sentinel;
    for (let node = List.next(nodes, sentinel); node != sentinel; node = List.next(nodes, node)) {
      if (List.previous(nodes, node) != before || ++length > limit) return limit + 1;
      before = node;
    }
    return List.previous(nodes, sentinel) == before ? length : limit + 1;
  }

  @inline
  private static join(nodes: usize, before: u32, after: u32): void {
    store<u32>(nodes + ((<usize>before) << 4), after, NEXT);
    store<u32>(nodes + ((<usize>after) << 4), before, PREV);
  }
}
