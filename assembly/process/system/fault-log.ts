/**
 * A log of single faults, kept when the host asks for it: address, region, reference and call. Its layout is
 * `FAULT_…` in abi/process.ts. The host reads and clears it after each of its calls, so it never holds more than the
 * faults of one call.
 */
import {
  FAULT_ADDRESS,
  FAULT_ASID,
  FAULT_BYTES,
  FAULT_CALL,
  FAULT_MADE_BY,
  FAULT_MAJOR,
  FAULT_REFERENCE,
  FAULT_REGION,
} from "../../abi/process";
import { make } from "../../core/arena";
import { Chunks } from "../../core/chunks";

@final
@unmanaged
export class FaultLog {
  count: u32;
  private entries: Chunks;

  /** Null when memory is out. */
  static create(): FaultLog {
    const log = make<FaultLog>();
    if (changetype<usize>(log) == 0) return log;
    log.entries = Chunks.create(FAULT_BYTES);
    return changetype<usize>(log.entries) == 0 ? changetype<FaultLog>(0) : log;
  }

  /** False when memory is out. */
  add(asid: u32, reference: u64, call: u32, va: u64, region: u64, madeBy: u32, isMajor: bool): bool {
    if (this.count == this.entries.count && !this.entries.add()) return false;
    const entry = this.entries.at(this.count++);
    store<u64>(entry, va, FAULT_ADDRESS);
    store<u64>(entry, region, FAULT_REGION);
    store<u64>(entry, reference, FAULT_REFERENCE);
    store<u32>(entry, call, FAULT_CALL);
    store<u32>(entry, madeBy, FAULT_MADE_BY);
    store<u32>(entry, asid, FAULT_ASID);
    store<u32>(entry, <u32>isMajor, FAULT_MAJOR);
    return true;
  }

  @inline
  at(index: u32): usize {
    return this.entries.at(index);
  }

  clear(): void {
    this.count = 0;
  }
}
