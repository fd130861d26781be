/** The C compiler of the machine, which makes recorders where they run. Node only. */
import { InputError } from "../errors.js";

const COMPILERS = ["cc", "gcc", "clang"] as const;
const INSTALL =
  "install one (Debian, Ubuntu: apt install gcc libc6-dev; Fedora: dnf install gcc; Arch: pacman -S gcc)";

/** True if a compiler is installed. */
export async function hasCompiler(): Promise<boolean> {
  for (const compiler of COMPILERS) if ((await run(compiler, ["--version"])) === "") return true;
  return false;
}

/**
 * Runs the given compiler, or else the first one that is installed; returns its name. Throws `InputError` if there is none
 * or the source does not compile.
 */
export async function compileC(args: readonly string[], compiler?: string): Promise<string> {
  const compilers = compiler === undefined ? COMPILERS : [compiler];
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
