/** Messages for damaged files. */
import { InputError, optionNamed } from "../../errors.js";

const REMEDY = "get the file again, or record it again";

export function damaged(what: string, name: string, offset: number, cause?: unknown): InputError {
  return new InputError(`${what} is damaged`, REMEDY, `${name}:${offset}`, { cause });
}

/** The input ends before its end. */
export class CutOff extends InputError {}

/** A block whose checksums are right but whose header disagrees with its references. */
export function miscounted(name: string, offset: number): InputError {
  const problem = `the header of the block at ${offset} counts other kinds of references than the block has`;
  return new InputError(problem, "write the file again", `${name}:${offset}`);
}

export function cutOff(name: string, offset: number, wholeReferences: number): CutOff {
  const whole = wholeReferences.toLocaleString("en-US");
  const problem = `is cut off: ${wholeReferences === 0 ? "no reference is" : `the first ${whole} references are`} complete`;
  const remedy = `${REMEDY}, or convert what is complete with ${optionNamed("partial")}`;
  return new CutOff(problem, wholeReferences === 0 ? REMEDY : remedy, `${name}:${offset}`);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
