/**
 * Parses calls in the output of ltrace -S: with a prefix, always four arguments, and errors as the kernel returns them.
 * The library calls around them add no information and are skipped.
 *
 *   mmap(0, 8192, 3, 34 <unfinished ...>
 *   SYS_mmap(0, 8192, 3, 34)                    = 0x7ffff7fbe000
 *   <... mmap resumed> )                        = 0x7ffff7fbe000
 */
import * as linux from "../../../../assembly/abi/linux.js";
import { callRow } from "../../../trace/calls/table.js";
import type { ParsedCall } from "./grammar.js";
import { errorOf } from "./result.js";

const PREFIX = "SYS_";
const MAP_ANONYMOUS = BigInt(linux.MAP_ANONYMOUS);

/** True if the line is a system call. */
export function isSystemCall(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** The call without ltrace's additions. `line` makes a name for the file of a mapping, which ltrace does not show. */
export function asSystemCall(call: ParsedCall, line: number): ParsedCall {
  const name = call.name.slice(PREFIX.length);
  const row = callRow(name);
  const args = row.isChecked ? call.args.slice(0, row.parameters.length) : [...call.args];
  const [, , , flags] = args;
  const isOfFile = flags?.kind === "number" && (flags.value & MAP_ANONYMOUS) === 0n;
  if (name === "mmap" && isOfFile && args.length === 4)
    args.push({ kind: "number", value: 0n, path: `a file of line ${line}` });
  const { expected } = call;
  const error = expected?.kind === "value" ? errorOf(expected.value) : undefined;
  return { ...call, name, args, expected: error === undefined ? expected : { kind: "error", name: error } };
}
