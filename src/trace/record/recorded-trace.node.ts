/** A trace that a program makes while it runs. It can be read once; a copy of it is a `pagewalk` file. Node only. */
import { join } from "node:path";
import type { RecorderName } from "../../options/names.js";
import { temporaryFolder } from "../../platform/temporary.node.js";
import type { Kernel } from "../../wasm/kernel.js";
import { convertTrace } from "../convert.js";
import { openTrace } from "../open.js";
import type { Batch, PageBlock, TraceReader } from "../reader.js";
import type { OpenTraceOptions, Trace } from "../trace.js";
import type { Recording, Run } from "./recorder.js";
import { type RecordingSignals, RunningProgram } from "./running-program.js";

type Metadata = Readonly<Record<string, unknown>>;

/** Waits for the first references of a run. The signals hold from its start to its end. */
export async function traceOf(
  run: Run,
  signals: RecordingSignals,
  about: { recorder: RecorderName; metadata: (recording: Recording) => Metadata },
): Promise<RecordedTrace> {
  const program = new RunningProgram(run, signals);
  try {
    const recording = await run.recording;
    program.throwIfAborted();
    return new RecordedTrace(about.recorder, program, recording.trace, about.metadata(recording));
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
    /** What a file of the trace has beside the references. */
    private readonly metadata: Metadata,
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

  /** The program's exit status; undefined while it runs. */
  get exitCode(): number | undefined {
    return this.program.exitCode;
  }

  /** Resolves at the program's end with its exit status; 128 plus the signal number if a signal ended it. */
  get ended(): Promise<number> {
    return this.program.ended;
  }

  /** Ends the program as Ctrl-C does; the trace ends with the references so far. */
  interrupt(): void {
    this.program.interrupt();
  }

  async read(kernel: Kernel): Promise<TraceReader> {
    return new RecordedReader(await this.trace.read(kernel), this.program, this.metadata);
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
      return Object.assign(copy, { close, recorder: this.recorder, exitCode: this.exitCode });
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

/** After a signal the trace would look whole: the reader throws the signal's reason instead. */
class RecordedReader implements TraceReader {
  constructor(
    private readonly reader: TraceReader,
    private readonly program: RunningProgram,
    private readonly added: Metadata,
  ) {}

  get metadata(): Metadata {
    return { ...this.reader.metadata, ...this.added };
  }

  get counts(): TraceReader["counts"] {
    return this.reader.counts;
  }

  get bytesRead(): number {
    return this.reader.bytesRead;
  }

  get skippedLines(): number {
    return this.reader.skippedLines ?? 0;
  }

  async next(): Promise<Batch | undefined> {
    const batch = await this.reader.next();
    if (batch === undefined) await this.program.ended;
    this.program.throwIfAborted();
    return batch;
  }

  nextPageBlock(): Promise<PageBlock | undefined> {
    return this.reader.nextPageBlock();
  }

  place(reference: number): string {
    return this.reader.place(reference);
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}
