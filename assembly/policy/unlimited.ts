/** The policy of a machine without a limit of memory: nothing is ever evicted, so it has no state. */
import { NONE } from "../abi/core";
import { FixedPolicy } from "./contract";

@final
@unmanaged
export class Unlimited extends FixedPolicy {
  create(_capacity: u32, _parameters: usize): bool {
    return true;
  }

  @inline
  hit(_slot: u32, _kind: u32): void {}

  @inline
  miss(_slot: u32, _key: u64): void {}

  @inline
  evict(): u32 {
    return NONE;
  }

  @inline
  insert(_slot: u32, _kind: u32): void {}

  remove(_slot: u32): void {}

  isValid(): bool {
    return true;
  }
}
