import { defineConfig } from "vitest/config";

/** Suites about the sources and the host, to which the kernel's build makes no difference. */
const hostTests = [
  "test/layers.test.ts",
  "test/scripts/**",
  "test/options/**",
  "test/report/**",
  "test/compare/resume.test.ts",
  "test/policy/own/check.test.ts",
  "test/heap/own/check.test.ts",
  "test/process/log/answer-log.test.ts",
  "test/process/program/**",
];

// The suites of the kernel run on the release build, as users get it, and on the debug build, whose assertions and
// `isValid` checks are compiled in, on as many cores as there are. The command's suites run on the release build alone,
// after them and one by one: they start programs of their own, and interrupt them. The browser needs more of the machine
// than npm gives (see .ci/run).
const kernel = (build: "release" | "debug") => ({
  test: {
    name: build,
    include: ["test/**/*.test.ts"],
    exclude: ["test/browser/**", "test/cli/**", ...(build === "debug" ? hostTests : [])],
    env: { PAGEWALK_TEST_BUILD: build },
    setupFiles: ["test/setup.ts"],
    testTimeout: 120_000,
    maxWorkers: "100%",
    sequence: { groupOrder: 0 },
  },
});

export default defineConfig({
  test: {
    coverage: { include: ["dist/src/**/*.js"], reporter: ["text-summary", "html"] },
    projects: [
      kernel("release"),
      kernel("debug"),
      {
        test: {
          name: "command",
          include: ["test/cli/**/*.test.ts"],
          setupFiles: ["test/setup.ts"],
          testTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
