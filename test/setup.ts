import fc from "fast-check";
import { caseCount, isDebug } from "./build.js";

/** Makes all kernels of tests use the build of the vitest project. */
if (isDebug) {
  const { useWasm } = await import("#pagewalk/wasm/kernel.js");
  useWasm(new URL("../dist/pagewalk.debug.wasm", import.meta.url));
}

/** The same random cases in each run; PAGEWALK_TEST_SEED tries others. */
fc.configureGlobal({ seed: Number(process.env.PAGEWALK_TEST_SEED ?? 1), numRuns: caseCount(60) });
