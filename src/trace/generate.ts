/** Made-up traces: a `Trace` like any other, whose references are computed while they are read. */
import * as v from "valibot";
import {
  BATCH_RECORDS,
  PATTERN_LOOP,
  PATTERN_SEQUENTIAL,
  PATTERN_STRIDE,
  PATTERN_UNIFORM,
  PATTERN_WORKING_SET,
  PATTERN_ZIPF,
  RECORD_BYTES,
} from "../../assembly/abi.js";
import { KindCounter } from "../wasm/counts.js";
import { type GeneratorParameters, KernelGenerator } from "../wasm/generator.js";
import type { Kernel } from "../wasm/kernel.js";
import { validate } from "./options.js";
import type { Batch, PageBlock, ReferenceCounts, Trace, TraceReader } from "./trace.js";

const MOST_PAGES = 2 ** 32;

const whole = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const common = {
  /** How many references. */
  references: v.optional(whole(1, Number.MAX_SAFE_INTEGER), 1_000_000),
  /** How many pages (ids) they go to. */
  pages: v.optional(whole(1, MOST_PAGES), 100_000),
  /** Bytes of a page. */
  pageSize: v.optional(v.pipe(whole(16, 2 ** 30), v.check(isPowerOfTwo, "must be a power of two")), 4096),
  /** Bytes a reference touches. */
  size: v.optional(whole(1, 4096), 8),
  /** Address of the first page. */
  start: v.optional(whole(0, 2 ** 48), 0),
  seed: v.optional(whole(0, Number.MAX_SAFE_INTEGER), 1),
  /** Share of the references that are stores. */
  writes: v.optional(share, 0),
};

const schema = v.variant("pattern", [
  v.strictObject({
    pattern: v.literal("zipf"),
    ...common,
    /** The exponent: how much more often popular pages come. */
    alpha: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(20)), 1),
  }),
  v.strictObject({ pattern: v.literal("uniform"), ...common }),
  v.strictObject({ pattern: v.literal("sequential"), ...common }),
  v.strictObject({ pattern: v.literal("loop"), ...common }),
  v.strictObject({
    pattern: v.literal("stride"),
    ...common,
    /** Bytes from one reference to the next. */
    stride: v.optional(whole(1, 2 ** 40), 64),
  }),
  v.strictObject({
    pattern: v.literal("working-set"),
    ...common,
    /** Pages of the set of one phase; without it, a tenth of all. */
    setPages: v.optional(whole(1, MOST_PAGES)),
    /** How many phases, all of one length. */
    phases: v.optional(whole(1, Number.MAX_SAFE_INTEGER), 10),
    /** Share of a phase's references that go to its set. */
    locality: v.optional(share, 0.95),
  }),
]);

export type GenerateOptions = v.InferInput<typeof schema>;
export type Pattern = GenerateOptions["pattern"];

const PATTERNS: Readonly<Record<Pattern, number>> = {
  zipf: PATTERN_ZIPF,
  uniform: PATTERN_UNIFORM,
  sequential: PATTERN_SEQUENTIAL,
  loop: PATTERN_LOOP,
  stride: PATTERN_STRIDE,
  "working-set": PATTERN_WORKING_SET,
};

export const PATTERN_NAMES = Object.keys(PATTERNS) as readonly Pattern[];

/** The same options give the same references, everywhere. Throws `UsageError`. */
export function generateTrace(options: GenerateOptions): Trace {
  return new GeneratedTrace(validate("trace generate", schema, options, PATTERN_NAMES));
}

type Validated = v.InferOutput<typeof schema>;

function isPowerOfTwo(value: number): boolean {
  return Number.isInteger(Math.log2(value));
}

function parameters(options: Validated): GeneratorParameters {
  const { pages } = options;
  const isSet = options.pattern === "working-set";
  const setPages = isSet ? (options.setPages ?? Math.ceil(pages / 10)) : 0;
  return {
    pattern: PATTERNS[options.pattern],
    size: Math.min(options.size, options.pageSize),
    pages,
    pageBytes: options.pageSize,
    start: BigInt(options.start),
    seed: BigInt(options.seed),
    alpha: options.pattern === "zipf" ? options.alpha : 0,
    writes: options.writes,
    stride: options.pattern === "stride" ? options.stride : 0,
    setPages: Math.min(setPages, pages),
    phase: isSet ? Math.ceil(options.references / options.phases) : 0,
    locality: isSet ? options.locality : 0,
  };
}

class GeneratedTrace implements Trace {
  readonly format = "generated";
  readonly unit = "address";
  readonly hasPageBlocks = false;
  readonly rewindable = true;
  readonly transferable = undefined;

  constructor(private readonly options: Validated) {}

  get name(): string {
    return `<${this.options.pattern}>`;
  }

  /** Of the records, since nothing is stored. */
  get sizeBytes(): number {
    return this.options.references * RECORD_BYTES;
  }

  async read(kernel: Kernel): Promise<TraceReader> {
    const generator = new KernelGenerator(kernel, parameters(this.options));
    return new GeneratedReader(kernel, generator, this.options.references, this.name);
  }

  async spool(): Promise<Trace> {
    return this;
  }

  async index(): Promise<undefined> {}

  async close(): Promise<void> {}
}

class GeneratedReader implements TraceReader {
  private readonly kinds: KindCounter;
  private done = 0;

  constructor(
    kernel: Kernel,
    private readonly generator: KernelGenerator,
    private readonly references: number,
    private readonly name: string,
  ) {
    this.kinds = new KindCounter(kernel);
  }

  get counts(): ReferenceCounts {
    return this.kinds.counts;
  }

  get bytesRead(): number {
    return this.done * RECORD_BYTES;
  }

  async next(): Promise<Batch | undefined> {
    const count = Math.min(this.references - this.done, BATCH_RECORDS);
    if (count === 0) return undefined;
    const { records } = this.generator;
    this.generator.generate(count);
    this.kinds.add(records, count);
    const firstReference = this.done;
    this.done += count;
    return { records, count, firstReference, calls: [] };
  }

  nextPageBlock(): Promise<PageBlock | undefined> {
    return Promise.reject(new Error("a generated trace has no page blocks"));
  }

  place(reference: number): string {
    return `${this.name}:${reference}`;
  }

  async close(): Promise<void> {}
}
