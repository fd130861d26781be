/**
 * Costs of references, charged to the block that they touch, to the site that allocated it and to its size class; a
 * reference that touches no block is charged to its region. Sites are numbers of the host's. A block's charges go to
 * its site and class when it is freed, and it is kept itself only while it is among the costliest, so that memory is
 * bounded by the blocks in use at once.
 */

import {
  CHARGE_CYCLES,
  COSTLIEST_BLOCKS,
  GROUP_BLOCKS,
  GROUP_BORN,
  GROUP_BYTES,
  GROUP_MOVED,
  GROUP_REQUESTED,
  GROUP_SITE,
  GROUP_START,
  GROUPS_BLOCKS,
  GROUPS_CLASSES,
  GROUPS_SITES,
  REGION_HEAP,
  REGION_OTHER,
  REGION_STACK,
} from "../abi/charges";
import { NONE } from "../abi/core";
import { VM_GROWSDOWN } from "../abi/linux";
import { allocate, make } from "../core/arena";
import { Chunks } from "../core/chunks";
import { Hash } from "../core/hash";
import { Ids } from "../core/ids";
import { Ordered } from "../core/ordered";
import { Region } from "../process/space/region";
import { Space } from "../process/space/space";
import { Owners } from "./owners";

/** Requests up to here have a class for each 16 bytes; larger ones, one for each power of two. */
const FINE_BYTES: u64 = 1024;

@final
@unmanaged
export class Charges {
  owners: Owners;
  private blocks: Chunks;
  private sites: Chunks;
  private classes: Chunks;
  private regions: Chunks;
  private regionKeys: Ids;
  /** A block's number that is free: the last one, whose `start` leads to the next; NONE. */
  private freeBlock: u32;
  private costliest: usize;
  private costliestCount: u32;
  /** The place in `costliest` of the cheapest, once it is full. */
  private cheapest: u32;
  /** Room for what the machine had counted before a reference. */
  before: usize;
  /** Mappings that the recorded allocator made and another does not: [from, to), which do not overlap. */
  private excluded: Ordered;
  private excludedRoot: u32;
  /** Of recorded references, those to the recorded allocator's own data, which another allocator does not have. */
  dropped: u64;

  /** Null when memory is out. */
  static create(): Charges {
    const nothing = changetype<Charges>(0);
    const charges = make<Charges>();
    if (changetype<usize>(charges) == 0) return nothing;
    charges.owners = Owners.create();
    charges.blocks = Chunks.create(GROUP_BYTES);
    charges.sites = Chunks.create(GROUP_BYTES);
    charges.classes = Chunks.create(GROUP_BYTES);
    charges.regions = Chunks.create(GROUP_BYTES);
    charges.regionKeys = Ids.create();
    charges.costliest = allocate(COSTLIEST_BLOCKS * GROUP_BYTES);
    charges.freeBlock = NONE;
    const isOut =
      changetype<usize>(charges.owners) == 0 ||
      changetype<usize>(charges.blocks) == 0 ||
      changetype<usize>(charges.sites) == 0 ||
      changetype<usize>(charges.classes) == 0 ||
      changetype<usize>(charges.regions) == 0 ||
      changetype<usize>(charges.regionKeys) == 0 ||
      charges.costliest == 0;
    return isOut ? nothing : charges;
  }

  /** Excludes references to [from, to) that are in no block from now on; false when memory is out. */
  exclude(from: u64, to: u64): bool {
    if (changetype<usize>(this.excluded) == 0) this.excluded = Ordered.create();
    if (changetype<usize>(this.excluded) == 0) return false;
    this.excludedRoot = this.excluded.insert(this.excludedRoot, from, to);
    return !this.excluded.hasFailed;
  }

  /** Ends the exclusion of the range that begins at `from`. */
  include(from: u64): void {
    const node = this.excludedAt(from);
    if (node != 0)
      this.excludedRoot = this.excluded.remove(
        this.excludedRoot,
        this.excluded.major(node),
        this.excluded.minor(node),
      );
  }

  @inline
  isExcluded(address: u64): bool {
    return this.excludedAt(address) != 0;
  }

  /** The excluded range that has the address; 0: none. */
  private excludedAt(address: u64): u32 {
    if (this.excludedRoot == 0) return 0;
    const node = this.excluded.atMost(this.excludedRoot, address);
    return node != 0 && address < this.excluded.minor(node) ? node : 0;
  }

  /**
   * A block of `bytes` was recorded at `address`, and is at `moved`, by `site`, since `line`. False when memory is out.
   */
  allocated(address: u64, bytes: u64, moved: u64, site: u32, line: u32): bool {
    const number = this.newBlock();
    if (number == NONE || !this.owners.set(address, bytes, number)) return false;
    const block = this.blocks.at(number);
    memory.fill(block, 0, GROUP_BYTES);
    store<u64>(block, 1, GROUP_BLOCKS);
    store<u64>(block, bytes, GROUP_REQUESTED);
    store<u64>(block, address, GROUP_START);
    store<u64>(block, moved, GROUP_MOVED);
    store<u32>(block, site, GROUP_SITE);
    store<u32>(block, line, GROUP_BORN);
    return true;
  }

  private newBlock(): u32 {
    const number = this.freeBlock;
    if (number == NONE) return this.blocks.add() ? this.blocks.count - 1 : <u32>NONE;
    this.freeBlock = <u32>load<u64>(this.blocks.at(number), GROUP_START);
    return number;
  }

  /** The block that begins at `address` is freed; where it was, 0 when there is none. */
  freed(address: u64): u64 {
    const number = this.owners.at(address);
    if (number == NONE) return 0;
    const block = this.blocks.at(number);
    if (load<u64>(block, GROUP_START) != address) return 0;
    if (!this.owners.set(address, load<u64>(block, GROUP_REQUESTED), NONE)) return 0;
    this.fold(block);
    store<u64>(block, 0, GROUP_BLOCKS);
    store<u64>(block, <u64>this.freeBlock, GROUP_START);
    this.freeBlock = number;
    return load<u64>(block, GROUP_MOVED);
  }

  /** Adds what the block was charged to its site and class, and keeps it if it was costly. */
  private fold(block: usize): void {
    add(groupAt(this.sites, load<u32>(block, GROUP_SITE)), block);
    add(groupAt(this.classes, classOf(load<u64>(block, GROUP_REQUESTED))), block);
    this.keep(block);
  }

  private keep(block: usize): void {
    let place = this.costliestCount;
    if (place < <u32>COSTLIEST_BLOCKS) this.costliestCount++;
    else {
      place = this.cheapest;
      if (load<u64>(block, CHARGE_CYCLES) <= load<u64>(this.costly(place), CHARGE_CYCLES)) return;
    }
    memory.copy(this.costly(place), block, GROUP_BYTES);
    if (this.costliestCount == COSTLIEST_BLOCKS) this.findCheapest();
  }

  @inline
  private costly(place: u32): usize {
    return this.costliest + <usize>place * GROUP_BYTES;
  }

  private findCheapest(): void {
    let cheapest: u32 = 0;
    for (let n: u32 = 1; n < <u32>COSTLIEST_BLOCKS; n++) {
      if (load<u64>(this.costly(n), CHARGE_CYCLES) < load<u64>(this.costly(cheapest), CHARGE_CYCLES))
        cheapest = n;
    }
    this.cheapest = cheapest;
  }

  /** All blocks that are still in use count as well from now on: at the end. */
  settle(): void {
    for (let n: u32 = 0; n < this.blocks.count; n++) {
      const block = this.blocks.at(n);
      if (load<u64>(block, GROUP_BLOCKS) == 0) continue;
      this.fold(block);
      memory.fill(block, 0, GROUP_BLOCKS);
      store<u64>(block, 0, GROUP_BLOCKS);
    }
  }

  /** Where the charges of a reference to `address` go: to block `number`, or, with NONE, to its region. 0 when memory is out. */
  @inline
  group(space: Space, number: u32, address: u64): usize {
    return number == NONE ? this.regionGroup(space, address) : this.blocks.at(number);
  }

  /** Where the recorded `address`, of block `number`, is; 0: the block is nowhere. */
  @inline
  moved(number: u32, address: u64): u64 {
    const block = this.blocks.at(number);
    const moved = load<u64>(block, GROUP_MOVED);
    return moved == 0 ? 0 : moved + (address - load<u64>(block, GROUP_START));
  }

  private regionGroup(space: Space, address: u64): usize {
    const region = space.regions.at(address);
    const key = changetype<usize>(region) == 0 ? 0 : keyOf(space, region);
    const had = this.regionKeys.count;
    const id = this.regionKeys.of(key, Hash.of(key));
    if (id == NONE) return 0;
    if (this.regionKeys.count != had && !this.regions.add()) return 0;
    const group = this.regions.at(id);
    store<u64>(group, key, GROUP_START);
    return group;
  }

  /** How many groups of `GROUPS_…` kind there are. */
  count(kind: u32): u32 {
    return kind == GROUPS_BLOCKS ? this.costliestCount : this.groupsOf(kind).count;
  }

  /** Where group `index` is. */
  at(kind: u32, index: u32): usize {
    return kind == GROUPS_BLOCKS ? this.costly(index) : this.groupsOf(kind).at(index);
  }

  private groupsOf(kind: u32): Chunks {
    if (kind == GROUPS_SITES) return this.sites;
    return kind == GROUPS_CLASSES ? this.classes : this.regions;
  }

  /** Makes room for sites up to `site`; false when memory is out. */
  admit(site: u32): bool {
    return room(this.sites, site) && room(this.classes, classOf(u64.MAX_VALUE));
  }
}

function keyOf(space: Space, region: Region): u64 {
  let kind: u64 = REGION_OTHER;
  if ((region.flags & VM_GROWSDOWN) != 0) kind = REGION_STACK;
  else if (region.start < space.brk && region.end > space.startBrk) kind = REGION_HEAP;
  return ((<u64>region.object) << 32) | ((<u64>region.label) << 8) | kind;
}

/** The class of a request: 0 for none, then one each 16 bytes, then one each power of two. */
function classOf(bytes: u64): u32 {
  if (bytes <= FINE_BYTES) return <u32>((bytes + 15) >> 4);
  return 64 + (54 - <u32>clz<u64>(bytes - 1));
}

function room(groups: Chunks, index: u32): bool {
  while (groups.count <= index) if (!groups.add()) return false;
  return true;
}

function groupAt(groups: Chunks, index: u32): usize {
  return groups.at(index);
}

function add(group: usize, block: usize): void {
  for (let at: usize = 0; at < <usize>GROUP_START; at += 8)
    store<u64>(group + at, load<u64>(group + at) + load<u64>(block + at));
}
