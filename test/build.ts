/** The build of the kernel on which the suites run: that of the vitest project (vitest.config.ts). */
export const isDebug = process.env.PAGEWALK_TEST_BUILD === "debug";

/**
 * The number of random cases for a property: all on the release build, a quarter on the debug build, which is slower.
 */
export function caseCount(count: number): number {
  return isDebug ? Math.ceil(count / 4) : count;
}
