import fc from "fast-check";
import { caseCount, isDebug } from "./build.js";

/** Points every kernel a test makes at the build that the vitest project names. */
if (isDebug) {
  const { useWasm } = await import("#pagewalk/wasm/kernel.js");
  useWasm(new URL("../dist/pagewalk.debug.wasm", import.meta.url));
}

/** The same random cases in each run; PAGEWALK_TEST_SEED tries others. */
fc.configureGlobal({ seed: Number(process.env.PAGEWALK_TEST_SEED ?? 1), numRuns: caseCount(60) });
