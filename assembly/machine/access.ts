/** One access: it is checked and looked up page by page. `faults` serves its faults. */
import { STATUS_OK } from "../abi/core";
import { MACHINE_ADDRESS_TOO_WIDE } from "../abi/machine";
import { cross } from "./cross";
import { Faults, Machine } from "./machine";

/** Makes one reference that the filter has not answered; a status. */
export function access<F extends Faults>(
  machine: Machine,
  address: u64,
  size: u64,
  kind: u32,
  faults: F,
): u32 {
  const geometry = machine.geometry;
  const shift = geometry.pageShift;
  const vpn = address >> shift;
  const last = address + max(size, 1) - 1;
  machine.begin();
  if (!geometry.isCanonical(address)) return refuse(machine, address);
  if (last >> shift != vpn) return accessAcross<F>(machine, vpn, last, kind, faults);
  const entry = machine.accessPage<F>(geometry.truncate(address), kind, faults);
  if (entry == 0) return machine.status;
  machine.recordTouch<F>(entry, vpn, kind, faults);
  return STATUS_OK;
}

function accessAcross<F extends Faults>(machine: Machine, vpn: u64, last: u64, kind: u32, faults: F): u32 {
  const shift = machine.geometry.pageShift;
  if (!machine.geometry.isCanonical(last) || last >> shift < vpn) return refuse(machine, last);
  return cross<F>(machine, vpn, last >> shift, kind, faults) == 0 ? machine.status : STATUS_OK;
}

function refuse(machine: Machine, address: u64): u32 {
  machine.failedAddress = address;
  machine.status = MACHINE_ADDRESS_TOO_WIDE;
  return MACHINE_ADDRESS_TOO_WIDE;
}
