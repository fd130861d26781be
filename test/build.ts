/** Which build of the kernel the suites run on, as the project of vitest.config.ts says. */
export const isDebug = process.env.PAGEWALK_TEST_BUILD === "debug";
