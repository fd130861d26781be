/** The arguments of a call as numbers, and checks of them. */
import { InputError, optionNamed } from "../../../errors.js";
import type { Process } from "../../process.js";
import { becomeNarrow } from "../../program/compatible.js";
import { evaluate } from "../parse/argument.js";
import type { Call } from "./call.js";

const WIDE = 1n << 32n;
/** A result above this is a negative number, or an error number. */
const HIGHEST_NUMBER = 2n ** 64n - 2n ** 31n;

/** Argument `n` as 64 bits. Throws `InputError`. */
export function bits(call: Call, n: number): bigint {
  const argument = call.args[n];
  const what = `argument ${n + 1} of ${call.name}`;
  if (argument === undefined) throw new InputError(`${what} is missing`, "complete the line", call.place);
  if (argument.kind === "number") return argument.value;
  if (argument.kind !== "expression")
    throw new InputError(`${what} is not a number`, "give a number, an address or a name", call.place);
  const value = evaluate(argument.terms, call.number);
  if (value !== undefined) return value;
  const unknown = argument.terms.find(
    ({ value }) => typeof value === "string" && call.number(value) === undefined,
  );
  throw new InputError(
    `"${unknown?.value}" is unknown`,
    "names are given by NAME = call(…); constants are the kernel's, such as PROT_READ",
    call.place,
  );
}

/** All arguments as 64 bits, from `first` on. Throws `InputError`. */
export function allBits(call: Call, first = 0): bigint[] {
  return call.args.slice(first).map((_, n) => bits(call, first + n));
}

type Counted = Pick<Call, "name" | "args" | "place" | "row">;

/** Checks the number of the call's arguments. Throws `InputError`. */
export function checkCount({ name, args, place, row: { parameters, isChecked } }: Counted): void {
  if (!isChecked) return;
  const missing = parameters[args.length];
  if (missing !== undefined && !missing.isOptional)
    throw new InputError(`argument ${args.length + 1} of ${name} is missing`, "complete the line", place);
  const most = parameters.length;
  if (args.length > most)
    throw new InputError(`${name} has ${args.length} arguments`, `it takes ${most} at most`, place);
}

/** Checks that the architecture has the call and its addresses. Throws `InputError`. */
export function checkArchitecture(process: Process, call: Call): void {
  const { space } = process;
  const { name, args, expected, row, place } = call;
  if (row.abi === "32-bit" && space.layout.taskSize > WIDE) becomeNarrow(process);
  const { arch, taskSize } = space.layout;
  const remedy = `name the architecture that the log is from with ${optionNamed("arch")}`;
  const isNarrow = taskSize < WIDE;
  if (row.abi === "32-bit" && !isNarrow) throw new InputError(`${arch} has no ${name}`, remedy, place);
  const answer = expected?.kind === "value" && row.result === "address" ? expected.value : 0n;
  const isBeyond = (value: bigint) => value < HIGHEST_NUMBER && value >= (isNarrow ? WIDE : taskSize);
  const given = args.map((argument) => (argument.kind === "number" ? argument.value : 0n));
  // Offsets and lengths of files have 64 bits.
  const isWhole = isNarrow && row.family !== "file";
  const foreign = [answer, ...(isWhole ? given : [])].find(isBeyond);
  if (foreign !== undefined)
    throw new InputError(`0x${foreign.toString(16)} is not an address of ${arch}`, remedy, place);
}
