/**
 * Every replacement policy: its number, its class and its signature, a line each. The line is all that a policy needs
 * beside its own file: the engines reach it through `withPolicy`, the host reads the signature.
 *
 *   name                                     no parameters
 *   name:key=default(least..most),…          parameters; `create` gets them in this order, as f64; one whose default
 *                                            has no point is a whole number
 *   name…;future                             needs a first pass that finds each request's next use
 *
 * `withPolicy` is a visitor: `changetype<V>(argument).visit<P>(signature)`, compiled for every policy, so the switch
 * is passed once a batch and whatever `visit` loops over has the concrete type.
 */
import { make } from "../core/arena";
import { Arc } from "./arc";
import { Cacheus } from "./cacheus";
import { Clock } from "./clock";
import { Policy } from "./contract";
import { Fifo } from "./fifo";
import { LeCaR } from "./lecar";
import { Lfu } from "./lfu";
import { Lhd } from "./lhd";
import { Lru } from "./lru";
import { Mru } from "./mru";
import { Opt } from "./opt";
import { Qdlp } from "./qdlp";
import { Random } from "./random";
import { S3Fifo } from "./s3-fifo";
import { Sieve } from "./sieve";
import { TinyLfu } from "./tinylfu";

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
    case 50:
      return visitor.visit<S3Fifo>("s3-fifo:small=0.1(0.001..0.9),ghost=0.9(0..4),hits=2(1..3)");
    case 51:
      return visitor.visit<TinyLfu>(
        "tinylfu:window=0.01(0..0.9),protected=0.8(0..1),sample=16(1..64),doorkeeper=1(0..1)",
      );
    case 52:
      return visitor.visit<Qdlp>("qdlp:probation=0.1(0.001..0.9),ghost=0.9(0..4),bits=2(1..4)");
    case 53:
      return visitor.visit<LeCaR>("lecar:rate=0.45(0..10),history=0.5(0..2),seed=1(0..4294967295)");
    case 54:
      return visitor.visit<Cacheus>("cacheus:sr=0.01(0..1),history=0.5(0..2),seed=1(0..4294967295)");
    case 55:
      return visitor.visit<Lhd>("lhd:candidates=32(1..128),period=8(1..1024),seed=1(0..4294967295)");
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

/** A policy's signature, a string of AssemblyScript's (UTF-16, its length in bytes before it); 0 if there is none. */
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
