/** The arguments and results of recorded calls, as strace(1) writes them. */
import * as linux from "../../../assembly/abi/linux.js";
import { errorName, errorText } from "./errors.js";
import { namesOf } from "./names.js";
import type { CallRow, Parameter } from "./table.js";

/** A number in the notation of its recorder: an address begins with `0x`. Recorders show an int without its sign. */
export function argumentText(number: string, parameter: Parameter | undefined): string {
  const { name, prefix } = parameter ?? {};
  if (name === "fd") {
    const fd = Number(BigInt.asIntN(32, BigInt(number)));
    return fd === linux.AT_FDCWD ? "AT_FDCWD" : String(fd);
  }
  if (prefix !== undefined && Number(number) < 2 ** 32) return namesOf(prefix, Number(number));
  return number === "0x0" ? "NULL" : number;
}

export function resultText(value: bigint, row: CallRow): string {
  return `= ${row.result === "address" ? `0x${value.toString(16)}` : value}`;
}

export function failureText(number: number): string {
  const error = errorName(number);
  const text = errorText(error);
  return `= -1 ${error}${text === undefined ? "" : ` (${text})`}`;
}
