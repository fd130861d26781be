/** The policy of a machine whose memory has no limit: nothing is ever evicted, so there is nothing to remember. */
import { NONE } from "../abi";
import { Policy } from "./contract";

@final
@unmanaged
export class Unlimited extends Policy {
  create(capacity: u32, parameters: usize): bool {
    return true;
  }

  @inline
  hit(slot: u32, kind: u32): void {}

  @inline
  miss(slot: u32): void {}

  @inline
  evict(): u32 {
    return NONE;
  }

  @inline
  insert(slot: u32, kind: u32): void {}

  isValid(): bool {
    return true;
  }
}
