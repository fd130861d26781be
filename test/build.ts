/** The build of the kernel on which the suites run: that of the vitest project (vitest.config.ts). */
export const isDebug = process.env.PAGEWALK_TEST_BUILD === "debug";

/** The share of a property's random cases: by default half; with PAGEWALK_CASES=1 all, with 4 four times as many. */
const share = Number(process.env.PAGEWALK_CASES ?? 0.5);

/** The number of random cases for a property; a quarter of it on the debug build, which is slower. */
export function caseCount(count: number): number {
  return Math.ceil((isDebug ? count / 4 : count) * share);
}
