/** A trace that a program makes while it runs. It can be read once; a copy of it is a `pagewalk` file. Node only. */
import { join } from "node:path";
import type { RecorderName } from "../../options/names.js";
import { temporaryFolder } from "../../platform/temporary.node.js";
import type { Kernel } from "../../wasm/kernel.js";
import { convertTrace } from "../convert.js";
import { openTrace } from "../open.js";
import type { TraceReader } from "../reader.js";
import type { OpenTraceOptions, Trace } from "../trace.js";
import { type AboutRecording, RecordedReader } from "./recorded-reader.js";
import type { Recording, Run } from "./recorder.js";
import { type RecordingSignals, RunningProgram } from "./running-program.js";

/** Waits for the first references of a run. The signals hold from its start to its end. */
export async function traceOf(
  run: Run,
  signals: RecordingSignals,
  recorder: RecorderName,
  about: (recording: Recording) => AboutRecording,
): Promise<RecordedTrace> {
  const program = new RunningProgram(run, signals);
  try {
    const recording = await run.recording;
    program.throwIfAborted();
    return new RecordedTrace(recorder, program, recording.trace, about(recording));
  } catch (error) {
    await program.end();
    program.throwIfAborted();
    throw error;
  }
}

/** The references of a program that runs. */
export class RecordedTrace implements Trace {
  readonly isLive = true;
  readonly rewindable = false;
  readonly hasPageBlocks = false;
  readonly sizeBytes = undefined;
  readonly transferable = undefined;

  constructor(
    /** The recorder that runs the program. */
    readonly recorder: RecorderName,
    private readonly program: RunningProgram,
    private readonly trace: Trace,
    private readonly about: AboutRecording,
  ) {}

  get name(): string {
    return this.trace.name;
  }

  get format(): string {
    return this.trace.format;
  }

  get architecture(): Trace["architecture"] {
    return this.trace.architecture;
  }

  get detectedBy(): Trace["detectedBy"] {
    return this.trace.detectedBy;
  }

  get unit(): Trace["unit"] {
    return this.trace.unit;
  }

  get options(): OpenTraceOptions {
    return this.trace.options;
  }

  /**
   * The program's exit status; undefined while it runs, and if it was ended because the part that is recorded was over.
   */
  get exitCode(): number | undefined {
    return this.program.exitCode;
  }

  /** The name of the signal that ended the program, but not because the part that is recorded was over. */
  get exitSignal(): string | undefined {
    return this.program.exitSignal;
  }

  /** Ends the trace here, and the program. */
  finish(): void {
    this.program.finish();
  }

  /** Ends the program as Ctrl-C does; the trace ends with the references so far. */
  interrupt(): void {
    this.program.interrupt();
  }

  async read(kernel: Kernel): Promise<TraceReader> {
    return new RecordedReader(await this.trace.read(kernel), kernel, this.program, this.about);
  }

  async spool(onBytes?: (bytes: number) => void): Promise<Trace> {
    const folder = await temporaryFolder();
    try {
      const path = join(folder.path, "trace");
      let before = 0;
      await convertTrace(this, path, {
        format: "pagewalk",
        onProgress: ({ bytesRead }) => {
          onBytes?.(bytesRead - before);
          before = bytesRead;
        },
      });
      const copy = await openTrace(path, { name: this.name });
      const closeFile = copy.close.bind(copy);
      const close = () => closeFile().finally(() => folder.remove());
      return Object.assign(copy, {
        close,
        recorder: this.recorder,
        exitCode: this.exitCode,
        exitSignal: this.exitSignal,
      });
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  async index(): Promise<undefined> {}

  /** Kills a program that still runs. */
  async close(): Promise<void> {
    await this.program.end();
    await this.trace.close();
  }
}
