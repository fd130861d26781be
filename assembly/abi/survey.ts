/**
 * The survey behind `trace info`.
 */

// ── A survey: what `trace info` counts ──────────────────────────────────────────────────────────────────

export const SURVEY_COUNTS = 0; // u64[5], by kind
export const SURVEY_BYTES_TOUCHED = 40; // u64
export const SURVEY_LOWEST = 48; // u64: lowest address, all ones when there is none
export const SURVEY_HIGHEST = 56; // u64: highest address touched
export const SURVEY_PAGES = 64; // u64: distinct pages
export const SURVEY_CROSSINGS = 72; // u64: references that touch two pages or more
export const SURVEY_BYTES = 128;
