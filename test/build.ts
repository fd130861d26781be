/** Which build of the kernel the suites run on, as the project of vitest.config.ts says. */
export const isDebug = process.env.PAGEWALK_TEST_BUILD === "debug";

/** How many random cases a property is tried on: all on the release build, a quarter on the debug build, which is slower. */
export function caseCount(count: number): number {
  return isDebug ? Math.ceil(count / 4) : count;
}
