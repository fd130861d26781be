/**
 * MAP_32BIT with randomised addresses: each search for room starts at a random page of 0x40000000 to 0x42000000, and
 * finds the first room from there (find_start_end in arch/x86/kernel/sys_x86_64.c). The log shows what it found. If a
 * start exists from which the model finds the same, that one is taken.
 */
import * as linux from "../../../../assembly/abi/linux.js";
import { SPACE_LOW_RANDOM, SPACE_LOW_START } from "../../../../assembly/abi/process.js";
import type { Process } from "../../process.js";
import type { Call, Context } from "./call.js";

const MAP_32BIT = BigInt(linux.MAP_32BIT);
const FIRST = 0x40000000n;
const LAST = 0x41fff000n;
const HUGE_BYTES = 1n << 21n;
const PAGE_BYTES = 4096n;

/** Runs an mmap with these arguments; its search starts where the recorded one may have started. */
export function searchAsRecorded<T>(
  { process, starts }: Context,
  { expected }: Call,
  args: readonly bigint[],
  run: () => T,
): T {
  const [, , , flags = 0n] = args;
  if ((flags & MAP_32BIT) === 0n || expected?.kind !== "value") return run();
  const { kernel } = process.space;
  if (process.field(SPACE_LOW_RANDOM) === 0n && starts.has(process)) return run();
  const recorded = expected.value;
  // Whole huge pages are searched for with one huge page extra, and aligned upwards.
  const candidates = [recorded, recorded - HUGE_BYTES, recorded - HUGE_BYTES + PAGE_BYTES].map(within);
  const start = candidates.find((one) => found(process, args, one) === recorded) ?? within(recorded);
  kernel.setField(SPACE_LOW_START, start);
  try {
    return run();
  } finally {
    kernel.setField(SPACE_LOW_START, 0n);
  }
}

function found(process: Process, args: readonly bigint[], start: bigint): bigint | undefined {
  process.space.kernel.setField(SPACE_LOW_START, start);
  return process.trial().run("mmap", args);
}

function within(address: bigint): bigint {
  return address < FIRST ? FIRST : address > LAST ? LAST : address;
}
