/**
 * A policy whose type is known only at run time: each hook costs a switch of the registry. For code that is not worth
 * compiling once per policy, such as the machine's faults. Loops over requests take the concrete type.
 */
import { make } from "../core/arena";
import { Policy } from "./contract";
import { withPolicy } from "./registry";

/** The arguments of a call. */
@unmanaged
class Call {
  id: u32;
  policy: usize;
  slot: u32;
  kind: u32;
  key: u64;
}

@final
@unmanaged
export class AnyPolicy extends Call {
  /** Is true when `expired` may return a page. */
  isVariable: bool;
  /** Is true when the policy reads R and M bits. */
  readsBits: bool;

  /** For policy number `id` at `policy`; null when memory is out. */
  static create(id: u32, policy: usize): AnyPolicy {
    const any = make<AnyPolicy>();
    if (changetype<usize>(any) == 0) return any;
    any.id = id;
    any.policy = policy;
    any.isVariable = withPolicy<VariableCall>(id, changetype<usize>(any)) != 0;
    any.readsBits = changetype<usize>(changetype<Policy>(policy).bits) != 0;
    return any;
  }

  @inline
  get base(): Policy {
    return changetype<Policy>(this.policy);
  }

  hit(slot: u32, kind: u32): void {
    this.slot = slot;
    this.kind = kind;
    withPolicy<HitCall>(this.id, changetype<usize>(this));
  }

  miss(slot: u32, key: u64): void {
    this.slot = slot;
    this.key = key;
    withPolicy<MissCall>(this.id, changetype<usize>(this));
  }

  evict(): u32 {
    return <u32>withPolicy<EvictCall>(this.id, changetype<usize>(this));
  }

  /** Calls `insert` and marks the page resident. */
  insert(slot: u32, kind: u32): void {
    this.slot = slot;
    this.kind = kind;
    withPolicy<InsertCall>(this.id, changetype<usize>(this));
  }

  remove(slot: u32): void {
    this.slot = slot;
    withPolicy<RemoveCall>(this.id, changetype<usize>(this));
  }

  expired(): u32 {
    return <u32>withPolicy<ExpiredCall>(this.id, changetype<usize>(this));
  }
}

@final
@unmanaged
class VariableCall extends Call {
  visit<P extends Policy>(_signature: string): usize {
    return changetype<P>(this.policy).isVariable() ? 1 : 0;
  }
}

@final
@unmanaged
class HitCall extends Call {
  visit<P extends Policy>(_signature: string): usize {
    changetype<P>(this.policy).hit(this.slot, this.kind);
    return 1;
  }
}

@final
@unmanaged
class MissCall extends Call {
  visit<P extends Policy>(_signature: string): usize {
    changetype<P>(this.policy).miss(this.slot, this.key);
    return 1;
  }
}

@final
@unmanaged
class EvictCall extends Call {
  visit<P extends Policy>(_signature: string): usize {
    return changetype<P>(this.policy).evict();
  }
}

@final
@unmanaged
class InsertCall extends Call {
  visit<P extends Policy>(_signature: string): usize {
    const policy = changetype<P>(this.policy);
    policy.insert(this.slot, this.kind);
    policy.slots.markResident(this.slot);
    return 1;
  }
}

@final
@unmanaged
class RemoveCall extends Call {
  visit<P extends Policy>(_signature: string): usize {
    changetype<P>(this.policy).remove(this.slot);
    return 1;
  }
}

@final
@unmanaged
class ExpiredCall extends Call {
  visit<P extends Policy>(_signature: string): usize {
    return changetype<P>(this.policy).expired();
  }
}
