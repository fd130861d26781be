/** Generated traces: a `Trace` whose references are computed during reading. */

import * as v from "valibot";
import { BATCH_RECORDS, RECORD_BYTES } from "../../assembly/abi/core.js";
import { validate } from "../options/validate.js";
import type { ReferenceCounts } from "../wasm/counts.js";
import { KindCounter } from "../wasm/counts.js";
import { KernelGenerator, KernelMixture } from "../wasm/generator.js";
import type { Kernel } from "../wasm/kernel.js";
import { mixtureVariants, type Stage, stagesOf } from "./mixture.js";
import { parametersOf, patternVariants, SIMPLE_PATTERNS } from "./patterns.js";
import type { Batch, PageBlock, TraceReader } from "./reader.js";
import type { OpenTraceOptions, Trace } from "./trace.js";

const schema = v.variant("pattern", [...patternVariants, ...mixtureVariants]);

/** A pattern of references and its options. */
export type GenerateOptions = v.InferInput<typeof schema>;
/** The name of a pattern of references. */
export type Pattern = GenerateOptions["pattern"];

/** The patterns of `generateTrace`. */
export const PATTERN_NAMES: readonly Pattern[] = [...SIMPLE_PATTERNS, "mixture", "phases"];

/** The same options give the same references on every machine. Throws `UsageError`. */
export function generateTrace(options: GenerateOptions): Trace {
  const checked = validate("trace generate", schema, options, PATTERN_NAMES);
  if (checked.pattern === "mixture" || checked.pattern === "phases") {
    return new GeneratedTrace(checked.pattern, stagesOf(checked));
  }
  const part = { weight: 1, parameters: parametersOf(checked) };
  return new GeneratedTrace(checked.pattern, [{ references: checked.references, parts: [part], seed: 0n }]);
}

class GeneratedTrace implements Trace {
  readonly detectedBy = "option";
  readonly format = "generated";
  readonly unit = "address";
  readonly hasPageBlocks = false;
  readonly rewindable = true;
  readonly transferable = undefined;
  readonly options: OpenTraceOptions = {};

  constructor(
    private readonly pattern: Pattern,
    private readonly stages: readonly Stage[],
  ) {}

  get name(): string {
    return `<${this.pattern}>`;
  }

  /** Bytes of the records, since nothing is stored. */
  get sizeBytes(): number {
    return this.stages.reduce((sum, { references }) => sum + references, 0) * RECORD_BYTES;
  }

  async read(kernel: Kernel): Promise<TraceReader> {
    return new GeneratedReader(kernel, this.stages, this.name);
  }

  async spool(): Promise<Trace> {
    return this;
  }

  async index(): Promise<undefined> {}

  async close(): Promise<void> {}
}

/** The generators of a stage. */
function start(kernel: Kernel, { parts, seed }: Stage): KernelGenerator | KernelMixture {
  const generators = parts.map(({ weight, parameters }) => ({
    weight,
    generator: new KernelGenerator(kernel, parameters),
  }));
  const [only, another] = generators;
  return only !== undefined && another === undefined
    ? only.generator
    : new KernelMixture(kernel, generators, seed);
}

class GeneratedReader implements TraceReader {
  private readonly kinds: KindCounter;
  private readonly records: number;
  private readonly running: { generator: KernelGenerator | KernelMixture; left: number }[];
  private done = 0;

  constructor(
    kernel: Kernel,
    stages: readonly Stage[],
    private readonly name: string,
  ) {
    this.kinds = new KindCounter(kernel);
    this.records = kernel.allocate(BATCH_RECORDS * RECORD_BYTES);
    this.running = stages.map((stage) => ({ generator: start(kernel, stage), left: stage.references }));
  }

  get counts(): ReferenceCounts {
    return this.kinds.counts;
  }

  get bytesRead(): number {
    return this.done * RECORD_BYTES;
  }

  async next(): Promise<Batch | undefined> {
    const count = this.fill();
    if (count === 0) return undefined;
    this.kinds.add(this.records, count);
    const firstReference = this.done;
    this.done += count;
    return { records: this.records, count, firstReference, calls: [] };
  }

  /** A batch may begin in one stage and end in another. */
  private fill(): number {
    let count = 0;
    for (let stage = this.running[0]; stage !== undefined && count < BATCH_RECORDS; stage = this.running[0]) {
      const part = Math.min(stage.left, BATCH_RECORDS - count);
      stage.generator.generate(this.records + count * RECORD_BYTES, part);
      stage.left -= part;
      count += part;
      if (stage.left === 0) this.running.shift();
    }
    return count;
  }

  nextPageBlock(): Promise<PageBlock | undefined> {
    return Promise.reject(new Error("a generated trace has no page blocks"));
  }

  place(reference: number): string {
    return `${this.name}:${reference}`;
  }

  async close(): Promise<void> {}
}
