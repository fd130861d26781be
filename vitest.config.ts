import { defineConfig } from "vitest/config";

// The same suites run on the release build, as users get it, and on the debug build, whose assertions and
// `isValid` checks are compiled in.
const project = (build: "release" | "debug") => ({
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
  test: { projects: [project("release"), project("debug")] },
});
