/** The C sources that record a heap (`record/`), compiled where they run. Node only. */
import { InputError, UsageError } from "../errors.js";

/** The copy in the package, two folders above both the module and the bundled command. */
const SOURCES = new URL("../../shim/", import.meta.url);

const COMPILERS = ["cc", "gcc", "clang"] as const;
const INSTALL =
  "install one (Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc; Arch: pacman -S gcc)";

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
  const found = await compile(compiler === undefined ? COMPILERS : [compiler], [
    ...["-shared", "-fPIC", "-pthread", "-o", shim.library, source("shim.c"), "-ldl"],
  ]);
  await compile([found], ["-o", shim.launcher, source("launch.c")]);
  return shim;
}

/** Compiles the library that prints the allocator's calls into valgrind's log; returns its path. */
export async function compileWrappers(folder: string, compiler?: string): Promise<string> {
  const { fileURLToPath } = await import("node:url");
  const { join } = await import("node:path");
  const library = join(folder, "valgrind.so");
  const source = fileURLToPath(new URL("valgrind.c", SOURCES));
  await compile(compiler === undefined ? COMPILERS : [compiler], ["-shared", "-fPIC", "-o", library, source]);
  return library;
}

/** Compiles the file; returns the first compiler that is installed. */
async function compile(compilers: readonly string[], args: readonly string[]): Promise<string> {
  for (const compiler of compilers) {
    const errors = await run(compiler, ["-O2", ...args]);
    if (errors === undefined) continue;
    if (errors === "") return compiler;
    const [first = ""] = errors.split("\n").filter((line) => /error|cannot|undefined/.test(line));
    const problem = `the recorder does not compile (${first.replace(/^.*?(?=error)/, "").trim()})`;
    throw new InputError(problem, "install gcc or clang, and the headers of glibc 2.34 or later", compiler);
  }
  throw new InputError("no C compiler is installed, and the recorder needs one", INSTALL, compilers[0]);
}

/** The compiler's errors, empty on success; undefined if it is not installed. */
async function run(program: string, args: readonly string[]): Promise<string | undefined> {
  const { spawn } = await import("node:child_process");
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve(undefined);
      else reject(new InputError(`it does not start (${error.code})`, INSTALL, program, { cause: error }));
    });
    child.once("close", (status) => resolve(status === 0 ? "" : errors || `error ${status}`));
  });
}
