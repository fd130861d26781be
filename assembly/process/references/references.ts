/**
 * Batches of a process's references, from records, as `replay` takes them. A reference to the page that the previous
 * one of its side touched costs only a compare, as in `engine/replay.ts`. It lies in the same region and is
 * charged there later, together with the next one that does not.
 */
import {
  KIND_CALL,
  KIND_FETCH,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../../abi/core";
import { NO_POLICY } from "../../abi/machine";
import { Policy } from "../../policy/contract";
import { withPolicy } from "../../policy/registry";
import { Unlimited } from "../../policy/unlimited";
import { Region } from "../space/region";
import { Space } from "../space/space";
import { endSpace } from "../vma/exit";
import { chargeTouch, makeReference, regionAt, switchToSpace } from "./access";

/** The references of one side that are not charged yet; all lie in one region. */
@final
@unmanaged
class Side {
  region: Region;
  pending: u32;

  /** Moves on to the region of `va`, which was just referenced. */
  enter(space: Space, va: u64): void {
    const region = this.region;
    if (changetype<usize>(region) != 0 && region.start <= va && va < region.end) return;
    this.settle(space);
    this.region = regionAt(space, va);
  }

  settle(space: Space): void {
    if (this.pending != 0) chargeTouch(space, this.region, this.pending);
    this.pending = 0;
  }
}

/** Passes a batch to the policy's concrete type. */
@final
@unmanaged
class Batch {
  space: Space;
  records: usize;
  count: u32;

  /** Called by the registry. */
  visit<P extends Policy>(_signature: string): usize {
    return touchEach<P>(this.space, changetype<P>(this.space.machine.policy), this.records, this.count);
  }
}

/** The batch of the current call, and its two sides; one call runs at a time. */
const BATCH: usize = memory.data(16, 16);
const FETCHES: usize = memory.data(8, 8);
const DATA: usize = memory.data(8, 8);

/** Makes the references of the records in order; the number done before a signal, which the system holds. */
export function touchRecords(space: Space, records: usize, count: u32): u32 {
  const system = space.system;
  const shootdowns = system.shootdowns;
  const batch = changetype<Batch>(BATCH);
  batch.space = space;
  batch.records = records;
  batch.count = count;
  system.signal = 0;
  switchToSpace(space);
  system.machine.filter.reset(); // so that the first reference of each side finds its region
  const policyId = system.machine.policyId;
  const done = policyId == NO_POLICY ? batch.visit<Unlimited>("") : withPolicy<Batch>(policyId, BATCH);
  space.shootdownCycles += (system.shootdowns - shootdowns) * system.shootdownCost;
  if (!space.isAlive) endSpace(space);
  return <u32>done;
}

function touchEach<P extends Policy>(space: Space, policy: P, records: usize, count: u32): u32 {
  const machine = space.machine;
  const shift = <u64>space.pageShift;
  const pageBytes = (<u64>1) << shift;
  const filter = machine.filter;
  const fetches = changetype<Side>(FETCHES);
  const data = changetype<Side>(DATA);
  memory.fill(FETCHES, 0, offsetof<Side>());
  memory.fill(DATA, 0, offsetof<Side>());
  const end = records + <usize>count * RECORD_BYTES;
  let fetched: u32 = 0;
  let calls: u32 = 0;
  let record = records;
  for (; record < end; record += RECORD_BYTES) {
    const address = load<u64>(record, RECORD_ADDRESS);
    const kind = <u32>load<u8>(record, RECORD_KIND);
    const size = <u64>load<u32>(record, RECORD_SIZE);
    const side = kind == KIND_FETCH ? fetches : data;
    const isSame = address >> shift == filter.vpn(kind);
    if (isSame && (address & (pageBytes - 1)) + size <= pageBytes) {
      policy.hit(filter.slot(kind), kind);
    } else if (kind >= <u32>KIND_CALL) {
      calls++;
      continue;
    } else {
      const signal = makeReference(space, address, size, kind);
      if (signal != 0) {
        space.system.signal = signal;
        break;
      }
      side.enter(space, address);
    }
    side.pending++;
    fetched += <u32>(kind == KIND_FETCH);
  }
  fetches.settle(space);
  data.settle(space);
  const done = <u32>((record - records) / RECORD_BYTES);
  machine.countReferences(fetched, done - fetched - calls);
  return done;
}
