/**
 * Known differences between versions of Linux and 6.18, each with the version that introduced it. docs/process.md names
 * the sources.
 */
import {
  FEATURE_ALIGN_LARGE,
  FEATURE_ALIGN_WHOLE,
  FEATURE_COLLAPSE,
  FEATURE_DISCARD_LOCKED,
  FEATURE_DROPPABLE,
  FEATURE_GUARD,
  FEATURE_GUARD_FLAG,
  FEATURE_GUARD_OBJECTS,
  FEATURE_KEEP_SHARED,
  FEATURE_LAST_PAGE_APART,
  FEATURE_MERGE_TOUCHED,
  FEATURE_MOVE_MANY,
  FEATURE_POPULATE,
  FEATURE_SEAL,
  FEATURE_STACK_IS_SMALL,
} from "../../../assembly/abi/process.js";
import { OptionError } from "../../errors.js";
import { NEWEST_KERNEL } from "../../options/process.js";

export interface KernelVersion {
  /** Bits `FEATURE_…` of the kernel. */
  readonly features: number;
  /** Default limit of locked memory, bytes. */
  readonly memlock: bigint;
  /** True if the clock pages of vvar are a region of their own. */
  readonly hasClockRegion: boolean;
}

const OLDEST: Version = [5, 10];

type Version = readonly [major: number, minor: number];

const FEATURES: readonly (readonly [since: Version, bit: number])[] = [
  [[5, 13], FEATURE_KEEP_SHARED],
  [[5, 14], FEATURE_POPULATE],
  [[5, 18], FEATURE_DISCARD_LOCKED],
  [[6, 1], FEATURE_COLLAPSE],
  [[6, 7], FEATURE_ALIGN_LARGE],
  [[6, 7], FEATURE_STACK_IS_SMALL],
  [[6, 10], FEATURE_SEAL],
  [[6, 11], FEATURE_DROPPABLE],
  [[6, 13], FEATURE_ALIGN_WHOLE],
  [[6, 13], FEATURE_GUARD],
  [[6, 15], FEATURE_GUARD_OBJECTS],
  [[6, 16], FEATURE_MERGE_TOUCHED],
  [[6, 17], FEATURE_MOVE_MANY],
  [[6, 18], FEATURE_GUARD_FLAG],
  [[6, 18], FEATURE_LAST_PAGE_APART],
];

/** Parses `6.18`. Throws `UsageError` for an invalid version, or one that is too old. */
export function kernelVersion(text: string): KernelVersion {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})$/.exec(text) ?? [];
  const version: Version = [Number(major), Number(minor)];
  if (major === undefined || minor === undefined || !isSince(version, OLDEST)) {
    throw OptionError.at(
      "kernel",
      `"${text}" is not a known version of Linux`,
      `give one from ${OLDEST.join(".")} on, such as ${NEWEST_KERNEL}`,
    );
  }
  return {
    features: FEATURES.reduce((bits, [since, bit]) => (isSince(version, since) ? bits | bit : bits), 0),
    memlock: isSince(version, [5, 16]) ? 8n << 20n : 64n << 10n,
    hasClockRegion: isSince(version, [6, 13]),
  };
}

function isSince([major, minor]: Version, [sinceMajor, sinceMinor]: Version): boolean {
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
}
