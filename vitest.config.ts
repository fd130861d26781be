import { defineConfig } from "vitest/config";

/** Suites about the sources and the host, to which the kernel's build makes no difference. */
const hostTests = [
  "test/layers.test.ts",
  "test/scripts/**",
  "test/options/**",
  "test/report/**",
  "test/trace/zstd.test.ts",
  "test/compare/resume.test.ts",
  "test/policy/custom/check.test.ts",
  "test/heap/custom/check.test.ts",
  "test/process/log/run/answer-log.test.ts",
  "test/process/program/**",
];

/** Suites that compile programs in C, or record programs: they need more than npm's packages, and are projects of their own. */
const afreshTests = "test/**/*.afresh.test.ts";

/** Suites that interrupt the command at a moment which they observe, and so must not be kept waiting by others. */
const interruptingTests = ["test/cli/command.test.ts", "test/cli/compare.test.ts", "test/cli/heap.test.ts"];

/**
 * The suites of a project share their processes, and so the modules and the compiled kernel: loading these anew for each
 * file took a fifth of the time. No suite may leave anything behind in a module.
 */
const shared = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 30_000 } },
  isolate: false,
  // What is built is loaded as it is, not transformed.
  server: { deps: { external: [/\/dist\//] } },
};

// The suites of the kernel run on the release build, as users get it, and on the debug build, whose assertions and
// `isValid` checks are compiled in; those of the command on the release build alone. These run on as many cores as there
// are; then, one by one, those that interrupt the command. The browser, and what is recorded afresh, need more of the
// machine than npm gives (see .ci/run).
const kernel = (build: "release" | "debug") => ({
  test: {
    ...shared,
    name: build,
    include: ["test/**/*.test.ts"],
    exclude: ["test/{browser,embed}/**", "test/cli/**", afreshTests, ...(build === "debug" ? hostTests : [])],
    env: { PAGEWALK_TEST_BUILD: build },
    setupFiles: ["test/setup.ts"],
    maxWorkers: "100%",
    sequence: { groupOrder: 0 },
  },
});

const afresh = (build: "release" | "debug") => {
  const { test } = kernel(build);
  const exclude = build === "debug" ? ["test/cli/**", ...hostTests] : [];
  return { test: { ...test, name: `afresh-${build}`, include: [afreshTests], exclude } };
};

export default defineConfig({
  test: {
    coverage: { include: ["dist/src/**/*.js"], reporter: ["text-summary", "html"] },
    projects: [
      kernel("release"),
      kernel("debug"),
      afresh("release"),
      afresh("debug"),
      {
        test: {
          ...shared,
          name: "command",
          include: ["test/cli/**/*.test.ts"],
          exclude: [...interruptingTests, afreshTests],
          setupFiles: ["test/setup.ts"],
          maxWorkers: "100%",
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: "interrupt",
          include: interruptingTests,
          setupFiles: ["test/setup.ts"],
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/{browser,embed}/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 30_000 } }, // one second otherwise, in which a loaded machine may draw nothing
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
