/** The recorder that runs programs in QEMU's user mode, with a plugin of ours. Node only. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { InputError, optionNamed } from "../../../errors.js";
import type { ArchitectureName } from "../../../options/names.js";
import { hasCompiler } from "../../../platform/compiler.node.js";
import { temporaryFolder } from "../../../platform/temporary.node.js";
import type { Kernel } from "../../../wasm/kernel.js";
import { recordedCalls } from "../../calls/qemu.js";
import type { TraceReader } from "../../reader.js";
import type { OpenTraceOptions, Trace } from "../../trace.js";
import { fileStart } from "../functions.node.js";
import { isExecutable, preloads, type StartedProgram, startProgram } from "../program.node.js";
import { loadsLibraries, type ProgramFile, programFile } from "../program-file.node.js";
import type { Recorder, Recording, Run, StartOptions } from "../recorder.js";
import { memoryFolder } from "./memory-folder.node.js";
import { qemuPlugin } from "./plugin.node.js";
import { type RecordedProgram, RecordingReader } from "./recording-reader.node.js";
import { SharedMemory } from "./shared-memory.node.js";

const INSTALL =
  "install it and a C compiler (Debian, Ubuntu: apt install qemu-user gcc libc6-dev; Fedora: dnf install qemu-user gcc; Arch: pacman -S qemu-user gcc)";

export const qemuRecorder: Recorder = {
  name: "qemu",
  follows: true,
  emulates: true,
  recordsCalls: true,
  install: INSTALL,
  missing: async () => {
    if (!(await isExecutable(`qemu-${HOST_CPUS[process.arch]}`))) return "qemu is not installed";
    return (await hasCompiler()) ? undefined : "no C compiler is installed, which qemu's recorder needs";
  },
  start: startQemu,
};

/** QEMU's names of processors, by Node's. */
const HOST_CPUS: Readonly<Record<string, string>> = { arm64: "aarch64", riscv64: "riscv64", x64: "x86_64" };

/** The tables that these processors usually have, in 4 KiB pages. */
const ARCHITECTURES: Readonly<Record<string, ArchitectureName>> = {
  aarch64: "aarch64-4k",
  i386: "i386",
  riscv64: "sv39",
  x86_64: "x86-64",
};

/** The size of a program's address space: Linux's TASK_SIZE (arch/riscv/include/asm/pgtable.h). */
const SV39_BYTES = 2 ** 38;

/** QEMU's own layout, which `run` follows, lies beyond sv39. */
function architectureOf(cpu: string, calls: boolean): ArchitectureName | undefined {
  return cpu === "riscv64" && calls ? "sv48" : ARCHITECTURES[cpu];
}

/** The plugin interface changed with this version. */
const SECOND_API = 9;

/**
 * Starts a program in QEMU. Throws `InputError` if QEMU or the compiler is missing, or the program cannot be recorded.
 */
async function startQemu(command: readonly string[], options: StartOptions): Promise<Run> {
  const file = await programFile(command, options.cpu);
  const calls = options.calls ? callsOption(file, command) : undefined;
  if (options.preload !== undefined) await mustLoad(file, command);
  const qemu = `qemu-${file.cpu}`;
  const plugin = await qemuPlugin((await versionOf(qemu)) < SECOND_API ? 1 : 2);
  const folder = await temporaryFolder(await memoryFolder());
  const remove = async () => {
    await folder.remove();
    await plugin.remove();
  };
  try {
    const memory = createMemory(join(folder.path, "memory"));
    const architecture = architectureOf(file.cpu, calls !== undefined);
    const args = qemuArguments(file, {
      architecture,
      plugin: plugin.path,
      memory: memory.path,
      calls,
      options,
    });
    const program = await startProgram(qemu, args, {
      programOutput: options.programOutput,
      environment: reversed(process.env),
    });
    const shown = {
      name: command.join(" "),
      cpu: file.cpu,
      architecture,
      hasCalls: calls !== undefined,
    };
    const trace = new QemuTrace(shown, memory, program, remove);
    return {
      recording: firstEvents(trace, memory, program, file.path),
      exitCode: program.exitCode,
      get endSignal() {
        return program.endSignal;
      },
      kill: (signal) => program.kill(signal),
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A limit of the size of files counts for the holes too. */
function createMemory(path: string): SharedMemory {
  try {
    return SharedMemory.create(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InputError(
      `the recorder's memory, a file of 2 GiB with holes, cannot be created (${code})`,
      "lift the limit of file sizes (ulimit -f), or record it with valgrind",
      path,
      { cause: error },
    );
  }
}

interface QemuRun {
  readonly architecture: ArchitectureName | undefined;
  readonly plugin: string;
  readonly memory: string;
  readonly calls: string | undefined;
  readonly options: StartOptions;
}

function qemuArguments(
  { path, args }: ProgramFile,
  { architecture, plugin, memory, calls, options }: QemuRun,
): string[] {
  const [name = path, ...rest] = args;
  const { preload, sysroot, follow = false } = options;
  const wanted = `${follow ? ",follow=on" : ""}${calls === undefined ? "" : `,calls=${calls}`}`;
  return [
    ...["-plugin", `${escaped(plugin)},memory=${escaped(memory)}${wanted}`],
    ...(preload === undefined ? [] : ["-E", `LD_PRELOAD=${preloads(preload)}`]),
    ...(architecture === "sv39" ? ["-R", `${SV39_BYTES}`] : []),
    ...(sysroot === undefined ? [] : ["-L", sysroot]),
    ...["-0", name, path, ...rest],
  ];
}

/** QEMU gives the program its environment in the opposite order. */
function reversed(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).reverse());
}

/** Returns the plugin's option for system calls. */
function callsOption({ cpu }: ProgramFile, [name]: readonly string[]): string {
  const calls = recordedCalls(cpu);
  if (calls !== undefined) return calls;
  const problem = `system calls of ${cpu} programs cannot be recorded`;
  throw new InputError(
    problem,
    `leave out ${optionNamed("calls")}, or record an x86, AArch64 or 64-bit RISC-V program`,
    name,
  );
}

/** Throws `InputError` for a program that cannot load a library of this machine. */
async function mustLoad(file: ProgramFile, [name]: readonly string[]): Promise<void> {
  const isNative = file.cpu === HOST_CPUS[process.arch];
  if (isNative && (await loadsLibraries(file))) return;
  const problem = isNative
    ? "it is statically linked, so that its allocations cannot be recorded"
    : "it is of another processor, so that its allocations cannot be recorded";
  throw new InputError(problem, `leave out ${optionNamed("heap")}`, name);
}

/** In a list of QEMU's options a comma stands twice. */
function escaped(path: string): string {
  return path.replaceAll(",", ",,");
}

/** The major version of an installed QEMU. */
function versionOf(qemu: string): Promise<number> {
  return new Promise((resolve, reject) => {
    execFile(qemu, ["--version"], (error, text) => {
      const [, major] = /version (\d+)/.exec(text) ?? [];
      if (major !== undefined) resolve(Number(major));
      else reject(new InputError("QEMU is not installed", INSTALL, qemu, { cause: error }));
    });
  });
}

const NAP = 2;

/** Waits for the program's first event. Without one QEMU could not run it, and printed the reason on standard error. */
async function firstEvents(
  trace: QemuTrace,
  memory: SharedMemory,
  program: StartedProgram,
  path: string,
): Promise<Recording> {
  for (;;) {
    const { isRunning } = program;
    const [row] = memory.rows(1);
    if (row !== undefined && row.at > 0) {
      return { trace, maps: await mapsOf(memory), programStart: await fileStart(program.pid, path) };
    }
    if (!isRunning) break;
    await setTimeout(NAP);
  }
  await trace.close();
  const problem = `QEMU could not run it (exit status ${await program.exitCode})`;
  throw new InputError(
    problem,
    "check that it runs alone; QEMU_LD_PREFIX is the folder of another processor's libraries",
    trace.name,
  );
}

/** The regions that the program begins with; empty without calls. */
function mapsOf({ path }: SharedMemory): Promise<string> {
  return readFile(`${path}.maps`, "utf8").catch(() => "");
}

class QemuTrace implements Trace {
  readonly format = "qemu";
  readonly detectedBy = "option";
  readonly sizeBytes = undefined;
  readonly unit = "address";
  readonly hasPageBlocks = false;
  readonly rewindable = false;
  readonly transferable = undefined;
  readonly options: OpenTraceOptions = {};

  constructor(
    private readonly shown: Pick<RecordedProgram, "name" | "cpu" | "architecture" | "hasCalls">,
    private readonly memory: SharedMemory,
    private readonly program: StartedProgram,
    private readonly remove: () => Promise<void>,
  ) {}

  get name(): string {
    return this.shown.name;
  }

  get architecture(): ArchitectureName | undefined {
    return this.shown.architecture;
  }

  async read(kernel: Kernel): Promise<TraceReader> {
    const { memory, shown, program } = this;
    return new RecordingReader(kernel, memory, {
      ...shown,
      pid: program.pid,
      get endSignal() {
        return program.endSignal;
      },
      hasEnded: () => !program.isRunning,
    });
  }

  async spool(): Promise<Trace> {
    throw new Error("a recording is copied by its owner");
  }

  async index(): Promise<undefined> {}

  async close(): Promise<void> {
    this.memory.close();
    await this.remove();
  }
}
