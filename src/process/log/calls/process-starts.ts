/**
 * How much is known about the start of a log's processes: from a maps file, from execve, or from a parent that is
 * known.
 */

import { SPACE_BRK, SPACE_START_BRK } from "../../../../assembly/abi/process.js";
import { optionNamed } from "../../../errors.js";
import type { MapsRegion } from "../../proc/maps.js";
import type { Process } from "../../process.js";
import type { Layout } from "../../program/layout.js";
import type { AddressSpace } from "../../space.js";
import type { Expected } from "../parse/result.js";

/** Bytes of a program of typical shape, behind which its heap begins. */
const DEFAULT_PROGRAM_BYTES = 0x5000n;

export function typicalHeapStart({ programBase }: Layout): bigint {
  return programBase + DEFAULT_PROGRAM_BYTES;
}

/** Begins the heap, which is empty, at this address. */
export function placeHeap({ kernel }: AddressSpace, start: bigint): void {
  kernel.setField(SPACE_START_BRK, start);
  kernel.setField(SPACE_BRK, start);
}

export class ProcessStarts {
  /** The first process began with regions of a maps file. */
  hasMaps = false;
  private hasHeap = false;
  private hasBreak = false;
  private readonly known = new WeakSet<Process>();
  /** Processes whose regions are known, and whose break is not. */
  private readonly withoutBreak = new WeakSet<Process>();
  private readonly substitutes = new WeakSet<Process>();

  /** The regions of the process are known from its start. */
  add(process: Process): void {
    this.known.add(process);
  }

  has(process: Process): boolean {
    return this.known.has(process);
  }

  /** The program's file is not available, so a typical program is used instead. */
  addSubstitute(process: Process): void {
    this.substitutes.add(process);
  }

  /** True if the first block of the log may be used to learn where the heap begins. */
  mayLearnHeap(process: Process): boolean {
    if (this.substitutes.has(process)) return true;
    return this.known.has(process) ? this.hasMaps && !this.hasHeap : !this.hasBreak;
  }

  addMaps(process: Process, regions: readonly MapsRegion[]): void {
    this.add(process);
    this.hasMaps = true;
    this.hasHeap = regions.some(({ name }) => name === "[heap]");
  }

  /** The log has the regions with which the process's program began. */
  addExecuted(process: Process): void {
    this.add(process);
    this.withoutBreak.add(process);
  }

  /** A log rarely starts with a process whose break is known: the first answer gives it. */
  learnBreak(process: Process, expected: Expected | undefined, isFollowed: boolean): void {
    const { kernel } = process.space;
    if (expected?.kind !== "value") return;
    if (this.withoutBreak.delete(process)) placeHeap(process.space, expected.value);
    if (this.hasBreak) return;
    this.hasBreak = true;
    const isKnown = this.hasMaps ? this.hasHeap : kernel.field(SPACE_BRK) !== 0n;
    if (isKnown && !(isFollowed && expected.value !== 0n)) return;
    placeHeap(process.space, expected.value);
  }

  /** A process whose log does not show its break gets the one that a program of typical shape has. */
  giveBreak({ space }: Process): void {
    if (this.hasBreak || space.field(SPACE_START_BRK) !== 0n) return;
    placeHeap(space, typicalHeapStart(space.layout));
  }

  /** The reason why the process's mappings are not where the log has them; undefined if the start is not the reason. */
  unknown(process: Process): string | undefined {
    if (this.known.has(process)) return undefined;
    return (
      `the log does not show what process ${process.pid} had mapped at its start; ` +
      `record it from its execve on (strace -f -e trace=memory,process,desc), or give its regions by ${optionNamed("maps")}`
    );
  }
}
