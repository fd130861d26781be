/** Messages for damaged files. */
import { InputError } from "../../errors.js";

const REMEDY = "get the file again, or record it again";

export function damaged(what: string, name: string, offset: number, cause?: unknown): InputError {
  return new InputError(`${what} is damaged`, REMEDY, `${name}:${offset}`, { cause });
}

export function cutOff(name: string, offset: number, wholeReferences: number): InputError {
  const whole = wholeReferences.toLocaleString("en-US");
  const problem = `is cut off: ${wholeReferences === 0 ? "no reference is" : `the first ${whole} references are`} whole`;
  return new InputError(problem, REMEDY, `${name}:${offset}`);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
