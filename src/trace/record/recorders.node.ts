/** The recorders, and the choice among them. Node only. */
import { InputError, UsageError } from "../../errors.js";
import type { RecorderName } from "../../options/names.js";
import type { CpuName } from "../../options/traces.js";
import { qemuRecorder } from "./qemu/qemu.node.js";
import type { Recorder } from "./recorder.js";
import { valgrindRecorder } from "./valgrind.node.js";

/** The requirements of a recording on its recorder. */
export interface RecorderChoice {
  /** Default: the first one that is installed. */
  with?: RecorderName | undefined;
  /** System calls are to be recorded too. */
  calls?: boolean | undefined;
  /** Programs that the program executes are to be recorded too. */
  follow?: boolean | "if possible" | undefined;
  /** The program may be for another processor. */
  cpu?: CpuName | undefined;
  sysroot?: string | undefined;
  /** Path of valgrind; chooses this recorder. */
  valgrind?: string | undefined;
}

/** In order of preference. */
function recorders({ valgrind = "valgrind" }: RecorderChoice): readonly Recorder[] {
  return [qemuRecorder, valgrindRecorder(valgrind)];
}

/** Throws `InputError` if none is installed, or not the one that is asked for. */
export async function chooseRecorder(choice: RecorderChoice): Promise<Recorder> {
  const { valgrind, with: wanted = valgrind === undefined ? undefined : "valgrind" } = choice;
  const { calls = false, follow = false } = choice;
  const emulates = choice.cpu !== undefined || choice.sysroot !== undefined;
  const all = recorders(choice).filter(
    (one) => (one.recordsCalls || !calls) && (one.follows || follow !== true) && (one.emulates || !emulates),
  );
  const possible = wanted === undefined ? all : all.filter(({ name }) => name === wanted);
  const [first] = possible;
  if (first === undefined) {
    const names = all.map(({ name }) => name).join(" and ");
    throw new UsageError(`${wanted} does not record this`, `record it with ${names}`);
  }
  const problems: string[] = [];
  for (const recorder of possible) {
    const problem = await recorder.missing();
    if (problem === undefined) return recorder;
    problems.push(problem);
  }
  throw new InputError(problems.join(", and "), first.install);
}
