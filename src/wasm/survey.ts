/** A kernel survey: distinct pages, range and bytes of all references. The struct is in assembly/trace/survey.ts. */

import {
  SURVEY_BYTES_TOUCHED,
  SURVEY_COUNTS,
  SURVEY_CROSSINGS,
  SURVEY_HIGHEST,
  SURVEY_LOWEST,
  SURVEY_PAGES,
} from "../../assembly/abi/survey.js";
import type { ReferenceCounts } from "./counts.js";

import { readCounts } from "./counts.js";
import { type Kernel, outOfMemory } from "./kernel.js";

export interface SurveyResult {
  counts: ReferenceCounts;
  bytesTouched: number;
  distinctPages: number;
  /** References that touch two pages or more. */
  crossings: number;
  lowest: bigint;
  /** The address of the last byte touched. */
  highest: bigint;
}

export class KernelSurvey {
  private readonly state: number;

  /** `pageShift`: address bits in a page, 0 if records hold page numbers. */
  constructor(
    private readonly kernel: Kernel,
    pageShift: number,
  ) {
    this.state = kernel.exports.createSurvey(pageShift) >>> 0;
    if (this.state === 0) throw outOfMemory();
  }

  add(records: number, count: number): void {
    if (this.kernel.exports.surveyRecords(this.state, records, count) !== 0) throw outOfMemory();
  }

  get result(): SurveyResult {
    const view = this.kernel.view();
    const field = (offset: number) => view.getBigUint64(this.state + offset, true);
    return {
      counts: readCounts(this.kernel, this.state + SURVEY_COUNTS),
      bytesTouched: Number(field(SURVEY_BYTES_TOUCHED)),
      distinctPages: Number(field(SURVEY_PAGES)),
      crossings: Number(field(SURVEY_CROSSINGS)),
      lowest: field(SURVEY_LOWEST),
      highest: field(SURVEY_HIGHEST),
    };
  }
}
