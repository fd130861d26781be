/** Calls that read and set the memory limits of a process. From: getrlimit(2), prlimit(2). */
import * as linux from "../../../../assembly/abi/linux.js";
import { InputError } from "../../../errors.js";
import type { Process } from "../../process.js";
import type { Call, Context, Outcome } from "./call.js";
import { bits } from "./operands.js";
import { answered, plain } from "./outcomes.js";

/** data, stack, memlock, as. */
const MEMORY_LIMITS: ReadonlySet<bigint> = new Set(
  [linux.RLIMIT_DATA, linux.RLIMIT_STACK, linux.RLIMIT_MEMLOCK, linux.RLIMIT_AS].map(BigInt),
);

export function getrlimit(_: Context, call: Call): Outcome | undefined {
  return MEMORY_LIMITS.has(bits(call, 0)) ? plain(call, [], 0n) : undefined;
}

export function setrlimit({ process }: Context, call: Call): Outcome | undefined {
  return setLimit(process, call, 0);
}

/** A call for another process is passed over. */
export function prlimit({ process }: Context, call: Call): Outcome | undefined {
  const pid = bits(call, 0);
  return pid === 0n || pid === BigInt(process.pid) ? setLimit(process, call, 1) : undefined;
}

/** `at`: the argument with the resource. A call that only reads a limit always succeeds. */
function setLimit(process: Process, call: Call, at: number): Outcome | undefined {
  const resource = bits(call, at);
  const limits = call.args[at + 1];
  if (limits?.kind !== "struct") return MEMORY_LIMITS.has(resource) ? plain(call, [], 0n) : undefined;
  const field = (name: string): bigint => {
    const value = limits.fields.get(name);
    if (value?.kind === "number") return value.value;
    throw new InputError(`${name} is missing`, "write {rlim_cur=…, rlim_max=…}", call.place);
  };
  const args = [resource, field("rlim_cur"), field("rlim_max")];
  return answered(call, args, process.call("setrlimit", args, call.line));
}
