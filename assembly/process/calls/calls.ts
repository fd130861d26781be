/** Calls of a process, dispatched by their number in abi/process.ts. */

import {
  CALL_ADDRESS,
  CALL_ARGUMENTS,
  CALL_BYTES,
  CALL_OP,
  CALL_RESULT,
  CALL_SIGNAL,
  OP_BRK,
  OP_FETCH,
  OP_LOAD,
  OP_MADVISE,
  OP_MINCORE,
  OP_MLOCK,
  OP_MLOCK2,
  OP_MLOCKALL,
  OP_MMAP,
  OP_MPROTECT,
  OP_MREMAP,
  OP_MSEAL,
  OP_MSYNC,
  OP_MUNLOCK,
  OP_MUNLOCKALL,
  OP_MUNMAP,
  OP_SETRLIMIT,
  OP_STORE,
} from "../../abi/call";
import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE } from "../../abi/core";
import { EINVAL, EPERM, RLIMITS } from "../../abi/linux";
import { switchToSpace, touchRange } from "../references/access";
import { Space, spaceOf } from "../space/space";
import { System } from "../system/system";
import { endSpace } from "../vma/exit";
import { madvise, mincore, msync } from "./advise";
import { brk } from "./break";
import { mlock2, mlockall, munlock, munlockall } from "./lock";
import { mmap } from "./map";
import { mprotect } from "./protect";
import { mremap } from "./remap";
import { mseal } from "./seal";
import { munmap } from "./unmap";

/** Runs the calls of one process in order; the number run before it was killed or memory was out. */
export function runCalls(system: usize, asid: u32, calls: usize, count: u32): u32 {
  const it = changetype<System>(system);
  const space = spaceOf(it, asid);
  switchToSpace(space); // reclaim acts for the running space
  let done: u32 = 0;
  for (; done < count; done++, calls += CALL_BYTES) {
    runCall(space, calls);
    if (it.hasFailed) break;
    if (!space.isAlive) {
      endSpace(space);
      break;
    }
  }
  return done;
}

function runCall(space: Space, call: usize): void {
  const op = load<u32>(call, CALL_OP);
  store<u32>(call, 0, CALL_SIGNAL);
  if (op >= <u32>OP_LOAD) {
    const signal = touchRange(space, argument(call, 0), argument(call, 1), kindOf(op));
    store<u32>(call, signal, CALL_SIGNAL);
    store<u64>(call, space.system.signalAddress, CALL_ADDRESS);
    store<i64>(call, 0, CALL_RESULT);
    return;
  }
  const system = space.system;
  const shootdowns = system.shootdowns;
  store<i64>(call, dispatch(space, op, call), CALL_RESULT);
  space.callCycles += system.callCost;
  space.shootdownCycles += (system.shootdowns - shootdowns) * system.shootdownCost;
}

function kindOf(op: u32): u32 {
  switch (op) {
    case OP_LOAD:
      return KIND_LOAD;
    case OP_STORE:
      return KIND_STORE;
    case OP_FETCH:
      return KIND_FETCH;
    default:
      return KIND_MODIFY;
  }
}

export function argument(call: usize, n: usize): u64 {
  return load<u64>(call + (n << 3), CALL_ARGUMENTS);
}

function dispatch(space: Space, op: u32, call: usize): i64 {
  const a = argument(call, 0);
  const b = argument(call, 1);
  const c = argument(call, 2);
  const d = <u32>argument(call, 3);
  switch (op) {
    case OP_BRK:
      return <i64>brk(space, a);
    case OP_MMAP:
      return mmap(space, a, b, <u32>c, d, argument(call, 4), argument(call, 5));
    case OP_MREMAP:
      return mremap(space, a, b, c, d, argument(call, 4));
    default:
      return -(<i64>errnoOf(space, op, a, b, c));
  }
}

/** Runs the calls that return 0 or an errno. */
function errnoOf(space: Space, op: u32, a: u64, b: u64, c: u64): u32 {
  switch (op) {
    case OP_MUNMAP:
      return munmap(space, a, b);
    case OP_MPROTECT:
      return mprotect(space, a, b, <u32>c);
    case OP_MADVISE:
      return madvise(space, a, b, <u32>c);
    case OP_MLOCK:
      return mlock2(space, a, b, 0);
    case OP_MLOCK2:
      return mlock2(space, a, b, <u32>c);
    case OP_MUNLOCK:
      return munlock(space, a, b);
    case OP_MLOCKALL:
      return mlockall(space, <u32>a);
    case OP_MUNLOCKALL:
      return munlockall(space);
    case OP_MINCORE:
      return mincore(space, a, b, <usize>c);
    case OP_MSYNC:
      return msync(space, a, b, <u32>c);
    case OP_MSEAL:
      return mseal(space, a, b, c);
    case OP_SETRLIMIT:
      return setrlimit(space, <u32>a, b, c);
    default:
      return EINVAL;
  }
}

/** setrlimit(2); 0 or an errno. */
function setrlimit(space: Space, resource: u32, soft: u64, hard: u64): u32 {
  if (resource >= <u32>RLIMITS || soft > hard) return EINVAL;
  if (hard > space.hard(resource) && !space.isPrivileged) return EPERM;
  space.setLimit(resource, soft, hard);
  return 0;
}
