import { defineConfig } from "vitest/config";

// The same suites run on the release build, as users get it, and on the debug build, whose assertions and
// `isValid` checks are compiled in. The third project needs more of the machine than npm gives (see .ci/run).
const kernel = (build: "release" | "debug") => ({
  test: {
    name: build,
    include: ["test/**/*.test.ts"],
    exclude: ["test/browser/**"],
    env: { PAGEWALK_TEST_BUILD: build },
    setupFiles: ["test/setup.ts"],
    testTimeout: 120_000,
  },
});

export default defineConfig({
  test: {
    projects: [
      kernel("release"),
      kernel("debug"),
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
