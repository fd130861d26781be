/** The address space of a page, where several programs share one time line: in the bits above all page numbers. */
import { RECORD_SIZE, RECORD_SPACE } from "../abi/core";

/** Bits of an address, on the architecture with the widest. */
const ADDRESS_BITS: u64 = 57;

/** The space after the call at `record`: that of the turn which it begins, else still `space`. */
export function spaceAfter(record: usize, pageShift: u32, space: u64): u64 {
  if (load<u32>(record, RECORD_SIZE) == 0) return space;
  return (<u64>load<u32>(record, RECORD_SPACE)) << (ADDRESS_BITS - pageShift);
}
