/** The pass over the references of a program that runs: the part of them that is asked for. */
import { KindCounter, type ReferenceCounts } from "../../wasm/counts.js";
import type { Kernel } from "../../wasm/kernel.js";
import { KernelPart, type PartSettings } from "../../wasm/part.js";
import type { Batch, PageBlock, TraceReader } from "../reader.js";
import type { RunningProgram } from "./running-program.js";

type Metadata = Readonly<Record<string, unknown>>;

export interface AboutRecording {
  /** The metadata of a file with the trace. */
  readonly metadata: Metadata;
  /** Undefined: the whole recording. */
  readonly part: PartSettings | undefined;
}

export class RecordedReader implements TraceReader {
  private readonly part: KernelPart | undefined;
  private readonly kinds: KindCounter;

  constructor(
    private readonly reader: TraceReader,
    kernel: Kernel,
    private readonly program: RunningProgram,
    private readonly about: AboutRecording,
  ) {
    this.part = about.part && new KernelPart(kernel, about.part);
    this.kinds = new KindCounter(kernel);
  }

  get metadata(): Metadata {
    return { ...this.reader.metadata, ...this.about.metadata };
  }

  get counts(): ReferenceCounts {
    return this.part === undefined ? this.reader.counts : this.kinds.counts;
  }

  get bytesRead(): number {
    return this.reader.bytesRead;
  }

  get skippedLines(): number {
    return this.reader.skippedLines ?? 0;
  }

  async next(): Promise<Batch | undefined> {
    const { part, program } = this;
    for (;;) {
      if (part?.ended) program.finish();
      const batch = program.isFinished ? undefined : await this.reader.next();
      if (batch === undefined) await program.ended;
      program.throwIfAborted();
      const kept = batch === undefined || part === undefined ? batch : this.keep(batch, part);
      if (kept === undefined || kept.count > 0) return kept;
    }
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

  private keep({ records, count, calls }: Batch, part: KernelPart): Batch {
    const firstReference = this.kinds.counts.references;
    const kept = part.take(records, count);
    this.kinds.add(records, kept.count);
    return { records, count: kept.count, firstReference, calls: calls.slice(0, kept.calls) };
  }
}
