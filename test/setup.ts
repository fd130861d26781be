import { useWasm } from "#pagewalk/index.js";

/** Points every kernel a test makes at the build that the vitest project names. */
if (process.env.PAGEWALK_TEST_BUILD === "debug") {
  useWasm(new URL("../dist/pagewalk.debug.wasm", import.meta.url));
}
