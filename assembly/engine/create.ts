/** Construction of a machine and its parts, and the check that all of them are sound. */
import { NONE, SIDE_DATA, SIDE_FETCH } from "../abi/core";
import { HUGE_NEVER, NO_POLICY } from "../abi/machine";
import { allocate, make } from "../core/arena";
import { PageSet } from "../core/page-set";
import { Upkeep } from "../demand/upkeep";
import { Buddy } from "../frames/buddy";
import { Frames, PAGE, TABLE } from "../frames/frames";
import { Swap } from "../frames/swap";
import { areTlbsValid, maps } from "../machine/checks";
import { Filter } from "../machine/filter";
import { Machine } from "../machine/machine";
import { Roots } from "../machine/roots";
import { EntryFormat } from "../mmu/entry";
import { FORMAT_X86, Geometry } from "../mmu/geometry";
import { PageTables } from "../mmu/tables";
import { Tlbs } from "../mmu/tlbs";
import { Walker } from "../mmu/walk";
import { AnyPolicy } from "../policy/any-policy";
import { createPolicy, isPolicyValid } from "../policy/registry";

/** The frames that 32-bit entries can address. */
const MAX_FRAMES_I386: u32 = 1 << 20;

@final
@unmanaged
export class MachineMaker {
  /** A machine with one address space and no TLBs yet; null when memory is out. `frames` 0: no limit. */
  static create(
    architecture: u32,
    frames: u32,
    swapPages: u32,
    huge: u32,
    spaces: u32,
    cpus: u32,
    policyId: u32,
    parameters: usize,
  ): Machine {
    const nothing = changetype<Machine>(0);
    const machine = make<Machine>();
    const geometry = Geometry.create(architecture);
    if (changetype<usize>(machine) == 0 || changetype<usize>(geometry) == 0) return nothing;
    machine.geometry = geometry;
    machine.huge = huge;
    machine.limited = policyId != NO_POLICY;
    machine.policyId = policyId;
    machine.root = NONE;
    machine.filter = Filter.create();
    machine.tlbs = Tlbs.create(geometry.pageShift, geometry.indexBits, cpus);
    if (changetype<usize>(machine.tlbs) == 0 || changetype<usize>(machine.filter) == 0) return nothing;
    machine.roots = Roots.create(spaces, cpus);
    if (changetype<usize>(machine.roots) == 0 || !machine.runOn(0, 0)) return nothing;
    const most = geometry.format == FORMAT_X86 ? MAX_FRAMES_I386 : NONE;
    if (!MachineMaker.addMemory(machine, frames == 0 ? most : frames)) return nothing;
    machine.swap = Swap.create(swapPages);
    if (changetype<usize>(machine.swap) == 0) return nothing;
    if (huge != HUGE_NEVER) {
      machine.seen = PageSet.create();
      if (changetype<usize>(machine.seen) == 0) return nothing;
    }
    if (machine.limited) {
      machine.policy = createPolicy(policyId, frames, parameters);
      if (machine.policy == 0) return nothing;
      machine.skipped = allocate((<u64>frames) << 4);
      if (machine.skipped == 0) return nothing;
      machine.replacer = AnyPolicy.create(policyId, machine.policy);
      if (changetype<usize>(machine.replacer) == 0 || !Upkeep.attach(machine)) return nothing;
    }
    return machine;
  }

  private static addMemory(machine: Machine, frames: u32): bool {
    const geometry = machine.geometry;
    machine.frames = Frames.create(frames, geometry.pageShift);
    if (changetype<usize>(machine.frames) == 0) return false;
    machine.buddy = Buddy.create(machine.frames);
    machine.format = EntryFormat.create(geometry);
    if (changetype<usize>(machine.buddy) == 0 || changetype<usize>(machine.format) == 0) return false;
    machine.tables = PageTables.create(geometry, machine.format, machine.buddy);
    if (changetype<usize>(machine.tables) == 0) return false;
    machine.walker = Walker.create(machine.tables);
    return changetype<usize>(machine.walker) != 0;
  }

  /** Called after the last TLB was added: decides which accesses the loops may skip. */
  static finishTlbs(machine: Machine): void {
    const tlbs = machine.tlbs;
    const fetch = changetype<usize>(tlbs.at(SIDE_FETCH, 1, 1));
    const data = changetype<usize>(tlbs.at(SIDE_DATA, 1, 1));
    machine.filter.isUnified = fetch == data;
    machine.countsSingly = false;
    const sizes: u32 = machine.huge == HUGE_NEVER ? 1 : machine.geometry.leafLevels;
    for (let size: u32 = 1; size <= sizes; size++) {
      if (changetype<usize>(tlbs.at(SIDE_FETCH, 1, size)) != fetch) machine.countsSingly = true;
      if (changetype<usize>(tlbs.at(SIDE_DATA, 1, size)) != data) machine.countsSingly = true;
    }
    if (fetch == 0 || data == 0) machine.countsSingly = true;
  }

  /** Is true when every part is sound, each frame is in one place, and no TLB contradicts the page tables. */
  static isValid(machine: Machine): bool {
    const buddy = machine.buddy;
    const tables = machine.tables;
    if (!buddy.isValid() || !machine.swap.isValid() || !machine.tlbs.isValid()) return false;
    if (machine.limited && !isPolicyValid(machine.policyId, machine.policy)) return false;
    if (changetype<usize>(machine.seen) != 0 && !machine.seen.isValid()) return false;
    let tableFrames: u32 = 0;
    let pageFrames: u32 = 0;
    for (let asid: u32 = 0; asid < machine.roots.count; asid++) {
      if (!tables.isValid(machine.rootOf(asid))) return false;
      tableFrames += tables.tablesSeen;
      pageFrames += tables.framesSeen;
    }
    if (tableFrames != tables.count || tableFrames + pageFrames != buddy.used) return false;
    return MachineMaker.areOwnersValid(machine) && areTlbsValid(machine);
  }

  /** Is true when each page's frame records the page that maps it. With the counts above, no frame is in two places. */
  private static areOwnersValid(machine: Machine): bool {
    const frames = machine.frames;
    for (let pfn: u32 = 0; pfn < frames.count; pfn += (<u32>1) << frames.order(pfn)) {
      if (frames.state(pfn) == PAGE) {
        if (!maps(machine, frames.owner(pfn), pfn)) return false;
      } else if (frames.state(pfn) == TABLE && frames.order(pfn) != 0) {
        return false;
      }
    }
    return true;
  }
}
