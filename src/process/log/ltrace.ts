/**
 * Calls as ltrace -S writes them: with a prefix, four arguments whatever the call takes, and errors as the kernel gives
 * them. The library's calls stand around them, and tell nothing that they do not.
 *
 *   mmap(0, 8192, 3, 34 <unfinished ...>
 *   SYS_mmap(0, 8192, 3, 34)                    = 0x7ffff7fbe000
 *   <... mmap resumed> )                        = 0x7ffff7fbe000
 */
import * as linux from "../../../assembly/abi/linux.js";
import { argumentCount } from "./call-names.js";
import type { ParsedCall } from "./call-syntax.js";
import { errorOf } from "./result.js";

const PREFIX = "SYS_";
const MAP_ANONYMOUS = BigInt(linux.MAP_ANONYMOUS);

/** Is it a line of a system call among those of the library? */
export function isSystemCall(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** The call without what is ltrace's own. `line` names the file that a mapping is of, since ltrace tells none. */
export function asSystemCall(call: ParsedCall, line: number): ParsedCall {
  const name = call.name.slice(PREFIX.length);
  const most = argumentCount(name)?.[1] ?? call.args.length;
  const args = call.args.slice(0, most);
  const [, , , flags] = args;
  const isOfFile = flags?.kind === "number" && (flags.value & MAP_ANONYMOUS) === 0n;
  if (name === "mmap" && isOfFile && args.length === 4)
    args.push({ kind: "number", value: 0n, path: `a file of line ${line}` });
  const { expected } = call;
  const error = expected?.kind === "value" ? errorOf(expected.value) : undefined;
  return { ...call, name, args, expected: error === undefined ? expected : { kind: "error", name: error } };
}
