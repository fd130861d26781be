/**
 * The exact loop: every reference of a batch of records, one after the other. A reference to the page that the
 * previous one of its side touched costs only a compare, as long as it changes nothing (see
 * machine/filter.ts). Under limited memory the policy still gets the hit.
 */
import {
  KIND_CALL,
  KIND_FETCH,
  NONE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
  RECORD_SPACE,
  STATUS_OK,
  STATUS_OUT_OF_MEMORY,
} from "../abi/core";
import { MACHINE_PROTECTION_FAULT, MACHINE_SEGMENTATION_FAULT } from "../abi/machine";
import { Paging } from "../demand/demand";
import { access } from "../machine/access";
import { Machine } from "../machine/machine";
import { Key } from "../mmu/key";
import { Tlb } from "../mmu/tlb";
import { Policy } from "../policy/contract";

/** Replays `count` records; a status. `failedIndex`: the record that stopped it. */
export function replayRecords<P extends Policy>(
  machine: Machine,
  policy: P,
  records: usize,
  count: u32,
): u32 {
  const shift = <u64>machine.geometry.pageShift;
  const pageBytes = (<u64>1) << shift;
  const filter = machine.filter;
  const end = records + <usize>count * RECORD_BYTES;
  let start = records; // of the turn
  let fetches: u32 = 0;
  let calls: u32 = 0;
  let record = records;
  let status: u32 = STATUS_OK;
  for (; record < end; record += RECORD_BYTES) {
    const address = load<u64>(record, RECORD_ADDRESS);
    const kind = <u32>load<u8>(record, RECORD_KIND);
    const size = <u64>load<u32>(record, RECORD_SIZE);
    fetches += <u32>(kind == KIND_FETCH);
    const vpn = address >> shift;
    if ((address & (pageBytes - 1)) + size <= pageBytes) {
      if (vpn == filter.vpn(kind)) {
        policy.hit(filter.slot(kind), kind);
        Paging.onDemand.afterHit<P>(machine, policy);
        continue;
      }
      if (near<P>(machine, policy, address, vpn, kind)) continue;
    }
    if (kind >= <u32>KIND_CALL) {
      calls++;
      if (size == 0) continue;
      machine.countReferences(fetches, recordsFrom(start, record) + 1 - fetches - calls);
      fetches = 0;
      calls = 0;
      start = record + RECORD_BYTES;
      if (machine.runOn((<u32>size - 1) % machine.tlbs.cpus, load<u32>(record, RECORD_SPACE))) continue;
      status = STATUS_OUT_OF_MEMORY;
      break;
    }
    status =
      changetype<usize>(machine.ranges) == 0
        ? access<Paging>(machine, address, size, kind, Paging.onDemand)
        : summedAccess(machine, address, size, kind);
    if (status == STATUS_OK) continue;
    if (status != MACHINE_PROTECTION_FAULT && status != MACHINE_SEGMENTATION_FAULT) break;
    status = STATUS_OK;
  }
  machine.failedIndex = recordsFrom(records, record);
  machine.countReferences(fetches, recordsFrom(start, record) - fetches - calls);
  return status;
}

function recordsFrom(start: usize, end: usize): u32 {
  return <u32>((end - start) / RECORD_BYTES);
}

/** An access whose costs are added to its range. The accesses before have none. */
function summedAccess(machine: Machine, address: u64, size: u64, kind: u32): u32 {
  machine.ranges.begin();
  const status = access<Paging>(machine, address, size, kind, Paging.onDemand);
  machine.ranges.end(address);
  return status;
}

/**
 * The common case after the filter: a different page that level 1 has, all pages of one size, and no flag to set in
 * the page table. False when it does not apply.
 */
function near<P extends Policy>(machine: Machine, policy: P, address: u64, vpn: u64, kind: u32): bool {
  if (!machine.hasOnePageSize || kind >= <u32>KIND_CALL || !machine.geometry.isCanonical(address))
    return false;
  const tlb = machine.tlbs.at(Machine.side(kind), 1, 1);
  const page = machine.geometry.truncate(address) >> machine.geometry.pageShift;
  const entry = tlb.touch(Key.of(machine.space, page, 1));
  if (entry == 0) return false;
  const needs = Machine.needs(kind);
  if ((Tlb.flags(entry) & needs) != needs || (Machine.writes(kind) && !Tlb.isDirty(entry))) return false;
  const slot = machine.slotOf(entry);
  if (slot == NONE && machine.limited) return false;
  policy.hit(slot, kind);
  machine.filter.enter(vpn, kind, Tlb.isDirty(entry), slot);
  Paging.onDemand.afterHit<P>(machine, policy);
  return true;
}

/** Makes one reference without the filter; a status. */
export function replayOne(machine: Machine, address: u64, size: u32, kind: u32, paging: Paging): u32 {
  machine.countReferences(<u32>(kind == KIND_FETCH), <u32>(kind != KIND_FETCH));
  machine.filter.reset();
  const status = access<Paging>(machine, address, size, kind, paging);
  machine.filter.reset();
  return status;
}
