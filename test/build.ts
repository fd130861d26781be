/** Which build of the kernel the suites run on, as the project of vitest.config.ts says. */
export const isDebug = process.env.PAGEWALK_TEST_BUILD === "debug";

/** Of a property's cases, `npm test` tries half; PAGEWALK_CASES=1 tries all, 4 four times as many. */
const share = Number(process.env.PAGEWALK_CASES ?? 0.5);

/** On how many random cases a property is tried; on the debug build, which is slower, on a quarter of them. */
export function caseCount(count: number): number {
  return Math.ceil((isDebug ? count / 4 : count) * share);
}
