/** The C sources that record a heap (`record/`), compiled where they run. Node only. */
import { UsageError } from "../errors.js";
import type { RecorderName } from "../options/names.js";
import { compileC } from "../platform/compiler.node.js";

/** The copy in the package, two folders above both the module and the bundled command. */
const SOURCES = new URL("../../shim/", import.meta.url);

export interface Shim {
  /** The library that is loaded before libc. */
  readonly library: string;
  /** Starts a program with the library: `launch LIBRARY COMMAND ARG…`. */
  readonly launcher: string;
}

/** Compiles both into a folder, with the given `compiler` or else the first one that is installed. */
export async function compileShim(folder: string, compiler?: string): Promise<Shim> {
  const { fileURLToPath } = await import("node:url");
  const { join } = await import("node:path");
  if (process.platform !== "linux")
    throw new UsageError(
      "the calls of an allocator are recorded on Linux only",
      "record the log on Linux, and read it here",
    );
  const source = (name: string) => fileURLToPath(new URL(name, SOURCES));
  const shim = { library: join(folder, "shim.so"), launcher: join(folder, "launch") };
  const options = ["-shared", "-fPIC", "-pthread", "-o", shim.library, source("shim.c"), "-ldl"];
  const found = await compileC(options, compiler);
  await compileC(["-o", shim.launcher, source("launch.c")], found);
  return shim;
}

/** Compiles the library that reports the allocator's calls to that recorder; returns its path. */
export async function compileWrappers(
  folder: string,
  recorder: RecorderName,
  compiler?: string,
): Promise<string> {
  const { fileURLToPath } = await import("node:url");
  const { join } = await import("node:path");
  const library = join(folder, "wrappers.so");
  const source = fileURLToPath(new URL("wrappers.c", SOURCES));
  const options = recorder === "qemu" ? ["-DQEMU"] : [];
  await compileC(["-shared", "-fPIC", "-O1", ...options, "-o", library, source], compiler);
  return library;
}
