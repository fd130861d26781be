/** The sums of a process as data: the memory lines of `/proc/PID/status`. */
import {
  SPACE_ANONYMOUS,
  SPACE_DATA,
  SPACE_END_CODE,
  SPACE_EXECUTABLE,
  SPACE_FILE,
  SPACE_LOCKED,
  SPACE_PEAK_RESIDENT,
  SPACE_PEAK_TOTAL,
  SPACE_SHARED,
  SPACE_STACK,
  SPACE_START_CODE,
  SPACE_SWAPPED,
  SPACE_SWAPPED_OUT,
  SPACE_TABLES,
  SPACE_TOTAL,
} from "../../../assembly/abi/process.js";
import type { Process } from "../process.js";
import { mustBeProcess } from "./subject.js";

/** Bytes. */
export interface StatusView {
  /** VmPeak. */
  readonly peakBytes: number;
  /** VmSize. */
  readonly sizeBytes: number;
  /** VmLck. */
  readonly lockedBytes: number;
  /** VmHWM. */
  readonly peakResidentBytes: number;
  /** VmRSS. */
  readonly residentBytes: number;
  /** RssAnon. */
  readonly anonymousBytes: number;
  /** RssFile. */
  readonly fileBytes: number;
  /** RssShmem. */
  readonly sharedBytes: number;
  /** VmData. */
  readonly dataBytes: number;
  /** VmStk. */
  readonly stackBytes: number;
  /** VmExe. */
  readonly codeBytes: number;
  /** VmLib. */
  readonly libraryBytes: number;
  /** VmPTE. */
  readonly pageTableBytes: number;
  /** VmSwap. */
  readonly swapBytes: number;
  /** Bytes ever written to swap, also from regions that are unmapped. */
  readonly swappedOutBytes: number;
}

const NO_STATUS: StatusView = {
  peakBytes: 0,
  sizeBytes: 0,
  lockedBytes: 0,
  peakResidentBytes: 0,
  residentBytes: 0,
  anonymousBytes: 0,
  fileBytes: 0,
  sharedBytes: 0,
  dataBytes: 0,
  stackBytes: 0,
  codeBytes: 0,
  libraryBytes: 0,
  pageTableBytes: 0,
  swapBytes: 0,
  swappedOutBytes: 0,
};

/** All 0 for a process that has ended. Throws `UsageError`. */
export function statusView(process: Process): StatusView {
  mustBeProcess(process, "statusView");
  if (!process.isAlive) return NO_STATUS;
  const { space } = process;
  const bytes = (offset: number) => Number(space.field(offset) * space.pageBytes);
  const code = Number(
    space.pageUp(space.field(SPACE_END_CODE)) - space.pageDown(space.field(SPACE_START_CODE)),
  );
  const executable = bytes(SPACE_EXECUTABLE);
  const anonymousBytes = bytes(SPACE_ANONYMOUS);
  const fileBytes = bytes(SPACE_FILE);
  const sharedBytes = bytes(SPACE_SHARED);
  return {
    peakBytes: bytes(SPACE_PEAK_TOTAL),
    sizeBytes: bytes(SPACE_TOTAL),
    lockedBytes: bytes(SPACE_LOCKED),
    peakResidentBytes: bytes(SPACE_PEAK_RESIDENT),
    residentBytes: anonymousBytes + fileBytes + sharedBytes,
    anonymousBytes,
    fileBytes,
    sharedBytes,
    dataBytes: bytes(SPACE_DATA),
    stackBytes: bytes(SPACE_STACK),
    codeBytes: Math.min(code, executable),
    libraryBytes: executable - Math.min(code, executable),
    pageTableBytes: bytes(SPACE_TABLES),
    swapBytes: bytes(SPACE_SWAPPED),
    swappedOutBytes: bytes(SPACE_SWAPPED_OUT),
  };
}
