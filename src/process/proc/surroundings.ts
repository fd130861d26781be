/** What lies at an address, or nearest to it: why an access there was refused. */
import { VM_GROWSDOWN } from "../../../assembly/abi/linux.js";
import type { RawRegion } from "../../wasm/process-structs.js";
import type { Process } from "../process.js";
import { permissionsOf, regionNames } from "./views.js";

/** A region without what is in memory of it. */
export interface RegionOutline {
  readonly start: bigint;
  readonly end: bigint;
  readonly permissions: string;
  readonly name: string;
  /** The call that made it, by its line in the log; 0: none. */
  readonly call: number;
  readonly growsDown: boolean;
}

export interface Surroundings {
  /** The region that the address is in. */
  readonly region: RegionOutline | undefined;
  /** The next regions, where it is in none. */
  readonly below: RegionOutline | undefined;
  readonly above: RegionOutline | undefined;
  /** How large `above` would have to be to reach the address, and how large a stack may be, bytes. */
  readonly wanted: bigint;
  readonly stackLimit: bigint;
}

/** Of a process that is alive. */
export function surroundings(process: Process, address: bigint): Surroundings {
  const nameOf = regionNames(process);
  const outline = (region: RawRegion | undefined): RegionOutline | undefined =>
    region && {
      start: region.start,
      end: region.end,
      permissions: permissionsOf(region.flags),
      name: nameOf(region),
      call: region.call,
      growsDown: (region.flags & VM_GROWSDOWN) !== 0,
    };
  const [below, above] = process.system.kernel.regionsNear(process.asid, address);
  const isInside = above !== undefined && above.start <= address;
  return {
    region: isInside ? outline(above) : undefined,
    below: isInside ? undefined : outline(below),
    above: isInside ? undefined : outline(above),
    wanted: above === undefined ? 0n : above.end - (address & ~(process.pageBytes - 1n)),
    stackLimit: process.getrlimit("stack").soft,
  };
}
