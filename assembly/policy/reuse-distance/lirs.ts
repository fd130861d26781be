/**
 * LIRS, low inter-reference recency set: most frames hold pages whose last two requests were close together (LIR), a few
 * hold the others (HIR). A HIR page that is requested while it is in the stack has a shorter distance than a LIR page, and
 * takes its place. Jiang and Zhang, "LIRS: an efficient low inter-reference recency set replacement policy to improve
 * buffer cache performance", SIGMETRICS (2002), section 3.3.
 *
 *   S   top ─> page ─> … ─> bottom      LIR, HIR and ghosts by recency (lirs-stack.ts)
 *   Q   front ─> … ─> back              resident HIR; the back is evicted first
 *   N   front ─> … ─> back              ghosts, all in S; the back is dropped first
 *
 * Q and N use an array of nodes of their own, since a page may be in S and in one of them.
 *
 * Differences: S holds at most `stack` times as many pages as there are frames, so that memory is bounded; beyond that the
 * page evicted longest ago is dropped. In the paper S is unbounded; in the author's program its bound is `stack=2500`, and
 * the last HIR page of S is dropped. A request for the page requested just before counts as any other; with `repeats=0`
 * it is a hit and nothing else, as in the author's program. That has at least two pages for HIR (`hir`). With one frame
 * there is no LIR page, S is empty, and Q is an LRU list.
 */
import { NONE } from "../../abi/core";
import { allocate } from "../../core/arena";
import { List, NODE_BYTES } from "../../core/list";
import { FixedPolicy } from "../contract";
import { LirsStack } from "./lirs-stack";

@final
@unmanaged
export class Lirs extends FixedPolicy {
  private hir: f64;
  private depth: f64;
  /** A request for the page requested just before counts. */
  private repeats: bool;
  private stack: LirsStack;
  /** The nodes of Q and N, and their sentinels. */
  private nodes: usize;
  private q: u32;
  private n: u32;
  /** The ghost being requested, or NONE. */
  private requested: u32;

  create(capacity: u32, parameters: usize): bool {
    this.hir = load<f64>(parameters);
    this.depth = load<f64>(parameters, 8);
    this.repeats = load<f64>(parameters, 16) != 0;
    this.requested = NONE;
    this.capacity = capacity;
    if (!this.createSlots(capacity, <u64>this.maxGhosts() + 1, 1)) return false;
    this.q = this.slots.count;
    this.n = this.q + 1;
    this.stack = LirsStack.create(this.slots);
    this.nodes = allocate((<u64>this.n + 1) * NODE_BYTES);
    if (changetype<usize>(this.stack) == 0 || this.nodes == 0) return false;
    List.clear(this.nodes, this.q);
    List.clear(this.nodes, this.n);
    return true;
  }

  /** The maximum length of S. */
  @inline
  private maxStacked(): u32 {
    return <u32>min(this.depth * <f64>this.capacity, <f64>i32.MAX_VALUE);
  }

  /** The maximum number of LIR pages. */
  @inline
  private maxLirs(): u32 {
    return this.capacity - min(this.capacity, max(<u32>(this.hir * <f64>this.capacity), 1));
  }

  /** The number of ghosts that fit in S together with the maximum of LIR pages. */
  @inline
  private maxGhosts(): u32 {
    return this.maxStacked() - this.maxLirs();
  }

  @inline
  hit(slot: u32, _kind: u32): void {
    const stack = this.stack;
    if (stack.isLir(slot)) {
      const wasBottom = stack.bottom() == slot;
      stack.moveToTop(slot);
      if (wasBottom) this.trim(this.requested);
    } else this.hitHir(slot);
  }

  /** A HIR page in S becomes LIR. Otherwise it stays HIR and enters S. The page at the top was requested last. */
  private hitHir(slot: u32): void {
    if (!this.repeats && slot == this.stack.top()) return;
    if (this.stack.has(slot)) this.promote(slot);
    else {
      List.moveToFront(this.nodes, this.q, slot);
      this.stack.push(slot);
    }
    this.trim(this.requested);
  }

  /** Moves a requested ghost to the top of S, where evictions do not drop it. */
  @inline
  miss(slot: u32, _key: u64): void {
    this.requested = slot;
    if (slot != NONE) this.stack.moveToTop(slot);
  }

  evict(): u32 {
    const slots = this.slots;
    if (slots.residents == 0) return NONE;
    if (List.isEmpty(this.nodes, this.q)) this.demote();
    const victim = List.back(this.nodes, this.q);
    List.remove(this.nodes, victim);
    if (this.stack.has(victim)) {
      slots.remember(victim);
      List.insertAfter(this.nodes, this.n, victim);
      while (slots.ghosts > this.maxGhosts()) this.forget();
    } else slots.free(victim);
    return victim;
  }

  @inline
  insert(slot: u32, _kind: u32): void {
    const stack = this.stack;
    if (this.slots.isGhost(slot)) this.promote(slot);
    else {
      stack.push(slot);
      if (stack.lirs < this.maxLirs()) stack.promote(slot);
      else List.insertAfter(this.nodes, this.q, slot);
    }
    this.trim(slot);
  }

  /** Trims S: it ends in a LIR page and is not too long. If `slot` was being requested, the request is done. */
  @inline
  private trim(slot: u32): void {
    if (slot == this.requested) this.requested = NONE;
    this.prune();
    const most = this.maxStacked();
    const kept: u32 = this.requested == NONE ? 0 : 1;
    while (this.stack.length > most && this.slots.ghosts > kept) this.forget();
  }

  /** Makes a HIR page of S, resident or not, LIR, and LIR pages at the bottom HIR while there are too many. */
  private promote(slot: u32): void {
    const stack = this.stack;
    List.remove(this.nodes, slot);
    stack.moveToTop(slot);
    stack.promote(slot);
    const most = this.maxLirs();
    while (stack.lirs > most) this.demote();
  }

  /** Makes the bottom of S, the LIR page of the greatest recency, HIR; it leaves S. */
  private demote(): void {
    const page = this.stack.bottom();
    this.stack.pop(page);
    List.insertAfter(this.nodes, this.q, page);
    this.prune();
  }

  /** Removes HIR pages from the bottom of S: no LIR page is older, so a request could not make them LIR. */
  private prune(): void {
    const stack = this.stack;
    while (stack.length > 0) {
      const page = stack.bottom();
      if (stack.isLir(page) || (page == this.requested && stack.lirs == 0)) return;
      if (page == this.requested) stack.moveToTop(page);
      else if (this.slots.isGhost(page)) this.drop(page);
      else stack.pop(page);
    }
  }

  /** Drops the ghost evicted longest ago. */
  private forget(): void {
    let ghost = List.back(this.nodes, this.n);
    if (ghost == this.requested) ghost = List.previous(this.nodes, ghost);
    this.drop(ghost);
  }

  private drop(ghost: u32): void {
    List.remove(this.nodes, ghost);
    this.stack.pop(ghost);
    this.slots.free(ghost);
  }

  remove(slot: u32): void {
    if (!this.stack.isLir(slot)) List.remove(this.nodes, slot);
    if (this.stack.has(slot)) this.stack.pop(slot);
    this.slots.free(slot);
    this.trim(this.requested);
  }

  isValid(): bool {
    const slots = this.slots;
    const stack = this.stack;
    const bottom = stack.bottom();
    return (
      stack.isValid() &&
      (stack.length == 0 || stack.isLir(bottom) || bottom == this.requested) &&
      List.length(this.nodes, this.q, slots.residents) == slots.residents - stack.lirs &&
      List.length(this.nodes, this.n, slots.ghosts) == slots.ghosts
    );
  }
}
