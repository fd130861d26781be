/**
 * Linux's names for the numbers of arguments, as strace(1) writes them.
 *
 *   PROT   3         PROT_READ|PROT_WRITE             a set of bits, from the lowest
 *   MAP    0x22      MAP_PRIVATE|MAP_ANONYMOUS        the low bits are one number, the others a set
 *   O      0x80000   O_RDONLY|O_CLOEXEC
 *   MADV   4         MADV_DONTNEED                    one number
 */
import * as linux from "../../../assembly/abi/linux.js";

/** Families of which an argument is one number, not a set. */
const NUMBERS: ReadonlySet<string> = new Set(["MADV", "SEEK"]);
/** The bits that are one number. */
const CHOICES: Readonly<Record<string, number>> = { MAP: linux.MAP_TYPE, O: linux.O_ACCMODE };
/** Bits of a huge page's size, which strace shows as a shift. */
const HUGE_BITS = 0x3f;
/** These name bits of others. */
const MASKS: ReadonlySet<string> = new Set(["MAP_TYPE", "MAP_HUGE_SHIFT", "O_ACCMODE"]);

/** The text of the number; hexadecimal where it has no name. `family`: what the names begin with. */
export function namesOf(family: string, value: number): string {
  const names = Object.entries(linux).filter(([name]) => name.startsWith(`${family}_`) && !MASKS.has(name));
  const exact = (number: number) => names.find(([, one]) => one === number)?.[0];
  if (NUMBERS.has(family) || value === 0) return exact(value) ?? hexadecimal(value);
  const choice = CHOICES[family] ?? 0;
  const hasSize = family === "MAP" && (value & linux.MAP_HUGETLB) !== 0;
  const size = hasSize ? (value >>> linux.MAP_HUGE_SHIFT) & HUGE_BITS : 0;
  const parts = choice === 0 ? [] : [exact(value & choice) ?? hexadecimal(value & choice)];
  let rest = value & ~choice & ~(size << linux.MAP_HUGE_SHIFT);
  // Names of several bits come first, since they contain others: O_TMPFILE has O_DIRECTORY.
  names.sort(([, one], [, other]) => bitCount(other) - bitCount(one) || one - other);
  for (const [name, bits] of names) {
    if ((bits & choice) !== 0 || bits === 0 || (rest & bits) !== bits) continue;
    parts.push(name);
    rest &= ~bits;
  }
  if (size !== 0) parts.push(`${size}<<MAP_HUGE_SHIFT`);
  if (rest !== 0) parts.push(hexadecimal(rest >>> 0));
  return parts.join("|");
}

function bitCount(value: number): number {
  let count = 0;
  for (let rest = value; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function hexadecimal(value: number): string {
  return value === 0 ? "0" : `0x${value.toString(16)}`;
}
