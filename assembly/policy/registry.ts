/**
 * The registry of replacement policies: number, class and signature, one line each. A policy needs this line and its own
 * file only: the engines find it through `withPolicy`, the host reads the signature.
 *
 *   name                                     no parameters
 *   name:key=default(least..most),…          parameters; `create` gets them in this order, as f64; those whose default has
 *                                            no decimal point are integers
 *   name…;future                             needs a first pass that finds each request's next use
 *   name…;variable                           a variable-space policy, which may release pages before memory is full
 *   name…;sizes                              engine/sizes serves several numbers of frames at once
 *
 * Numbers are below `POLICY_NUMBERS` of the ABI; some are free. Reports give colours and dashes in this order, so a new
 * policy comes last.
 *
 * `withPolicy` calls `changetype<V>(argument).visit<P>(signature)`, compiled for every policy, so the switch is executed
 * once per batch and the loops in `visit` have the concrete type.
 */
import { make } from "../core/arena";
import { Arc } from "./adaptive/arc";
import { Car } from "./adaptive/car";
import { Cart } from "./adaptive/cart";
import { Aging } from "./bits/aging";
import { Nfu } from "./bits/nfu";
import { Nru } from "./bits/nru";
import { SecondChanceEnhanced } from "./bits/second-chance-enhanced";
import { Wsclock } from "./bits/wsclock";
import { Policy } from "./contract";
import { Lfu } from "./frequency/lfu";
import { Lfuda } from "./frequency/lfuda";
import { TinyLfu } from "./frequency/tinylfu";
import { Cacheus } from "./learning/cacheus";
import { LeCaR } from "./learning/lecar";
import { LinuxLru } from "./linux/linux-lru";
import { Mglru } from "./linux/mglru";
import { Opt } from "./offline/opt";
import { Vmin } from "./offline/vmin";
import { Clock } from "./queues/clock";
import { Fifo } from "./queues/fifo";
import { Gclock } from "./queues/gclock";
import { Lru } from "./queues/lru";
import { Mq } from "./queues/mq";
import { Mru } from "./queues/mru";
import { Qdlp } from "./queues/qdlp";
import { S3Fifo } from "./queues/s3-fifo";
import { Sieve } from "./queues/sieve";
import { Slru } from "./queues/slru";
import { TwoQ } from "./queues/two-q";
import { ClockPro } from "./reuse-distance/clock-pro";
import { Lirs } from "./reuse-distance/lirs";
import { LruK } from "./reuse-distance/lru-k";
import { Hyperbolic } from "./sampled/hyperbolic";
import { Lhd } from "./sampled/lhd";
import { Random } from "./sampled/random";
import { Pff } from "./working-set/pff";
import { WorkingSet } from "./working-set/working-set";

/** Numbers by which engine/sizes finds its classes. */
export const FIFO: u32 = 0;
export const LRU: u32 = 1;
export const CLOCK: u32 = 2;

export function withPolicy<V>(id: u32, argument: usize): usize {
  const visitor = changetype<V>(argument);
  switch (id) {
    case FIFO:
      return visitor.visit<Fifo>("fifo;sizes");
    case LRU:
      return visitor.visit<Lru>("lru;sizes");
    case CLOCK:
      return visitor.visit<Clock>("clock:bits=1(1..6),referenced=0(0..1);sizes");
    case 3:
      return visitor.visit<TwoQ>("2q:kin=0.25(0..1),kout=0.5(0..16)");
    case 4:
      return visitor.visit<Arc>("arc");
    case 5:
      return visitor.visit<Lirs>("lirs:hir=0.01(0..1),stack=2.0(1..2500),repeats=1(0..1)");
    case 6:
      return visitor.visit<TinyLfu>(
        "tinylfu:window=0.01(0..0.9),protected=0.8(0..1),sample=10(1..64),doorkeeper=0(0..1)",
      );
    case 7:
      return visitor.visit<S3Fifo>("s3-fifo:small=0.1(0.001..0.9),ghost=0.9(0..4),hits=2(1..3)");
    case 8:
      return visitor.visit<Sieve>("sieve");
    case 9:
      return visitor.visit<Lfu>("lfu");
    case 10:
      return visitor.visit<Mru>("mru");
    case 11:
      return visitor.visit<Random>("random:seed=1(0..4294967295)");
    case 12:
      return visitor.visit<Nru>("nru:interval=0(0..4294967295)");
    case 13:
      return visitor.visit<Gclock>("gclock:initial=1(0..63),step=1(1..63),most=5(1..63)");
    case 14:
      return visitor.visit<Aging>("aging:bits=8(1..32),interval=0(0..4294967295)");
    case 15:
      return visitor.visit<Nfu>("nfu:interval=0(0..4294967295)");
    case 16:
      return visitor.visit<Lfuda>("lfuda");
    case 17:
      return visitor.visit<Mq>("mq:queues=8(1..32),lifetime=4.0(0..1000),history=1.0(0..16)");
    case 18:
      return visitor.visit<Slru>("slru:segments=4(1..64)");
    case 19:
      return visitor.visit<LruK>("lru-k:k=2(1..16),correlated=0(0..4294967295),retained=1.0(0..16)");
    case 20:
      return visitor.visit<Car>("car");
    case 21:
      return visitor.visit<Cart>("cart");
    case 22:
      return visitor.visit<SecondChanceEnhanced>("second-chance-enhanced");
    case 23:
      return visitor.visit<Wsclock>("wsclock:window=0(0..4294967295)");
    case 24:
      return visitor.visit<ClockPro>("clock-pro:cold=0.0(0..1),spare=1(0..1),repeats=1(0..1)");
    case 25:
      return visitor.visit<Qdlp>("qdlp:probation=0.1(0.001..0.9),ghost=0.9(0..4),bits=2(1..4);variable");
    case 26:
      return visitor.visit<Hyperbolic>(
        "hyperbolic:samples=64(1..1024),leeway=0.1(0.01..1),seed=1(0..4294967295)",
      );
    case 27:
      return visitor.visit<LeCaR>("lecar:rate=0.45(0..10),history=0.5(0..2),seed=1(0..4294967295)");
    case 28:
      return visitor.visit<Cacheus>("cacheus:sr=0.01(0..1),history=0.5(0..2),seed=1(0..4294967295)");
    case 29:
      return visitor.visit<Lhd>("lhd:candidates=32(1..128),period=8(1..1024),seed=1(0..4294967295)");
    case 30:
      return visitor.visit<Lfuda>("gdsf-unit");
    case 31:
      return visitor.visit<LinuxLru>("linux-lru");
    case 32:
      return visitor.visit<Mglru>("mglru");
    case 33:
      return visitor.visit<WorkingSet>("working-set:window=0(0..4294967295);variable");
    case 34:
      return visitor.visit<Pff>("pff:threshold=0(0..4294967295);variable");
    case 35:
      return visitor.visit<Vmin>("vmin:window=0(0..4294967295);future;variable");
    case 36:
      return visitor.visit<Opt>("opt;future");
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

/** A policy's signature, an AssemblyScript string (UTF-16, its length in bytes before it); 0 past the last. */
export function policySignature(id: u32): usize {
  return withPolicy<Signature>(id, 0);
}

/** Creates a policy with `capacity` frames; its address, 0 when memory is out. `parameters`: see `Policy.create`. */
export function createPolicy(id: u32, capacity: u32, parameters: usize): usize {
  const creation = make<Creation>();
  if (changetype<usize>(creation) == 0) return 0;
  creation.capacity = capacity;
  creation.parameters = parameters;
  return withPolicy<Creation>(id, changetype<usize>(creation));
}

/** Is true when the policy at `policy`, made by `createPolicy`, and its slots are sound. */
export function isPolicyValid(id: u32, policy: usize): bool {
  return withPolicy<Soundness>(id, policy) != 0;
}
