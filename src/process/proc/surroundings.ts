/** The regions at or near an address, to explain why an access failed. */
import { VM_GROWSDOWN } from "../../../assembly/abi/linux.js";
import type { RawRegion } from "../../wasm/process/structs.js";
import type { Process } from "../process.js";
import { permissionsOf, regionNames } from "./regions.js";

/** A region without its page counts. */
export interface RegionOutline {
  readonly start: bigint;
  readonly end: bigint;
  readonly permissions: string;
  readonly name: string;
  /** The call that made it, by line of the log; 0: none. */
  readonly call: number;
  readonly growsDown: boolean;
}

/** The regions around an address. */
export interface Surroundings {
  /** The region that contains the address. */
  readonly region: RegionOutline | undefined;
  /** The nearest region below, if none contains the address. */
  readonly below: RegionOutline | undefined;
  /** The nearest region above, if none contains the address. */
  readonly above: RegionOutline | undefined;
  /** The size that `above` would need to reach the address, bytes. */
  readonly wanted: bigint;
  /** The stack limit, bytes. */
  readonly stackLimit: bigint;
}

/** For a process that is alive. */
export function surroundings(process: Process, address: bigint): Surroundings {
  const { space } = process;
  const nameOf = regionNames(space);
  const outline = (region: RawRegion | undefined): RegionOutline | undefined =>
    region && {
      start: region.start,
      end: region.end,
      permissions: permissionsOf(region.flags),
      name: nameOf(region),
      call: region.call,
      growsDown: (region.flags & VM_GROWSDOWN) !== 0,
    };
  const [below, above] = space.kernel.regionsNear(address);
  const isInside = above !== undefined && above.start <= address;
  return {
    region: isInside ? outline(above) : undefined,
    below: isInside ? undefined : outline(below),
    above: isInside ? undefined : outline(above),
    wanted: above === undefined ? 0n : above.end - space.pageDown(address),
    stackLimit: process.getrlimit("stack").soft,
  };
}
