/**
 * Every replacement policy: its number, its class and its signature, a line each. The line is all that a policy needs
 * beside its own file: the engines reach it through `withPolicy`, the host reads the signature.
 *
 *   name                                     no parameters
 *   name:key=default(least..most),…          parameters; `create` gets them in this order, as f64; one whose default
 *                                            has no point is a whole number
 *   name…;future                             needs a first pass that finds each request's next use
 *
 * Numbers are below abi's `POLICY_NUMBERS`; some are free.
 *
 * `withPolicy` is a visitor: `changetype<V>(argument).visit<P>(signature)`, compiled for every policy, so the switch
 * is passed once a batch and whatever `visit` loops over has the concrete type.
 */
import { make } from "../core/arena";
import { Arc } from "./arc";
import { Car } from "./car";
import { Cart } from "./cart";
import { Clock } from "./clock";
import { ClockPro } from "./clock-pro";
import { Policy } from "./contract";
import { Fifo } from "./fifo";
import { Hyperbolic } from "./hyperbolic";
import { Lfu } from "./lfu";
import { Lfuda } from "./lfuda";
import { Lirs } from "./lirs";
import { Lru } from "./lru";
import { LruK } from "./lru-k";
import { Mq } from "./mq";
import { Mru } from "./mru";
import { Opt } from "./opt";
import { Random } from "./random";
import { Sieve } from "./sieve";
import { Slru } from "./slru";
import { TwoQ } from "./two-q";

export function withPolicy<V>(id: u32, argument: usize): usize {
  const visitor = changetype<V>(argument);
  switch (id) {
    case 0:
      return visitor.visit<Fifo>("fifo");
    case 1:
      return visitor.visit<Lru>("lru");
    case 2:
      return visitor.visit<Mru>("mru");
    case 3:
      return visitor.visit<Random>("random:seed=1(0..4294967295)");
    case 4:
      return visitor.visit<Clock>("clock");
    case 5:
      return visitor.visit<Sieve>("sieve");
    case 6:
      return visitor.visit<Arc>("arc");
    case 7:
      return visitor.visit<Lfu>("lfu");
    case 8:
      return visitor.visit<Opt>("opt;future");
    case 30:
      return visitor.visit<Slru>("slru:segments=4(1..64)");
    case 31:
      return visitor.visit<TwoQ>("2q:kin=0.25(0..1),kout=0.5(0..16)");
    case 32:
      return visitor.visit<Lirs>("lirs:hir=0.01(0..1),stack=2.0(1..16)");
    case 33:
      return visitor.visit<Lfuda>("lfuda");
    case 34:
      return visitor.visit<Mq>("mq:queues=8(1..32),lifetime=4.0(0..1000),history=1.0(0..16)");
    case 35:
      return visitor.visit<LruK>("lru-k:k=2(1..16),correlated=0(0..4294967295),retained=1.0(0..16)");
    case 36:
      return visitor.visit<Car>("car");
    case 37:
      return visitor.visit<Cart>("cart");
    case 38:
      return visitor.visit<ClockPro>("clock-pro");
    case 39:
      return visitor.visit<Lfuda>("gdsf-unit");
    case 40:
      return visitor.visit<Hyperbolic>("hyperbolic:samples=64(1..1024),seed=1(0..4294967295)");
    default:
      return 0;
  }
}

@final
@unmanaged
class Signature {
  visit<_P extends Policy>(signature: string): usize {
    return changetype<usize>(signature);
  }
}

@final
@unmanaged
class Creation {
  capacity: u32;
  parameters: usize;

  visit<P extends Policy>(_signature: string): usize {
    const policy = make<P>();
    if (changetype<usize>(policy) == 0 || !policy.create(this.capacity, this.parameters)) return 0;
    return changetype<usize>(policy);
  }
}

@final
@unmanaged
class Soundness {
  visit<P extends Policy>(_signature: string): usize {
    const policy = changetype<P>(this);
    return policy.slots.isValid() && policy.isValid() ? 1 : 0;
  }
}

/** A policy's signature, a string of AssemblyScript's (UTF-16, its length in bytes before it); 0: no such number. */
export function policySignature(id: u32): usize {
  return withPolicy<Signature>(id, 0);
}

/** A new policy of `capacity` frames, its address; 0 when memory is out. `parameters`: see `Policy.create`. */
export function createPolicy(id: u32, capacity: u32, parameters: usize): usize {
  const creation = make<Creation>();
  if (changetype<usize>(creation) == 0) return 0;
  creation.capacity = capacity;
  creation.parameters = parameters;
  return withPolicy<Creation>(id, changetype<usize>(creation));
}

/** Are the policy at `policy`, which `createPolicy` made, and its slots sound? */
export function isPolicyValid(id: u32, policy: usize): bool {
  return withPolicy<Soundness>(id, policy) != 0;
}
