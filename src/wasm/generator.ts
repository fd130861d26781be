/** A kernel generator of references. The struct is `Generator` in assembly/trace/generate.ts. */
import {
  GENERATOR_ALPHA,
  GENERATOR_LOCALITY,
  GENERATOR_PAGE_BYTES,
  GENERATOR_PAGES,
  GENERATOR_PATTERN,
  GENERATOR_PHASE,
  GENERATOR_SEED,
  GENERATOR_SET_PAGES,
  GENERATOR_SIZE,
  GENERATOR_START,
  GENERATOR_STRIDE,
  GENERATOR_WRITES,
} from "../../assembly/abi/generator.js";
import { type Kernel, outOfMemory } from "./kernel.js";

export interface GeneratorParameters {
  /** `PATTERN_…` in assembly/abi. */
  pattern: number;
  size: number;
  pages: number;
  pageBytes: number;
  start: bigint;
  seed: bigint;
  alpha: number;
  writes: number;
  stride: number;
  setPages: number;
  phase: number;
  locality: number;
}

export class KernelGenerator {
  readonly state: number;

  constructor(
    private readonly kernel: Kernel,
    parameters: GeneratorParameters,
  ) {
    this.state = kernel.exports.createGenerator() >>> 0;
    if (this.state === 0) throw outOfMemory();
    this.set(parameters);
    if (kernel.exports.prepareGenerator(this.state) === 0) throw outOfMemory();
  }

  /** Writes the next references to `records`. */
  generate(records: number, count: number): void {
    this.kernel.exports.generateRecords(this.state, records, count);
  }

  private set(parameters: GeneratorParameters): void {
    const view = this.kernel.view();
    const u32 = (offset: number, value: number) => view.setUint32(this.state + offset, value, true);
    const u64 = (offset: number, value: number | bigint) =>
      view.setBigUint64(this.state + offset, BigInt(value), true);
    const f64 = (offset: number, value: number) => view.setFloat64(this.state + offset, value, true);
    u32(GENERATOR_PATTERN, parameters.pattern);
    u32(GENERATOR_SIZE, parameters.size);
    u64(GENERATOR_PAGES, parameters.pages);
    u64(GENERATOR_PAGE_BYTES, parameters.pageBytes);
    u64(GENERATOR_START, parameters.start);
    u64(GENERATOR_SEED, parameters.seed);
    f64(GENERATOR_ALPHA, parameters.alpha);
    f64(GENERATOR_WRITES, parameters.writes);
    u64(GENERATOR_STRIDE, parameters.stride);
    u64(GENERATOR_SET_PAGES, parameters.setPages);
    u64(GENERATOR_PHASE, parameters.phase);
    f64(GENERATOR_LOCALITY, parameters.locality);
  }
}

/** Generators that are selected at random by their weights. The struct is `Mixture` in assembly/trace/mixture.ts. */
export class KernelMixture {
  private readonly state: number;

  constructor(
    private readonly kernel: Kernel,
    parts: readonly { weight: number; generator: KernelGenerator }[],
    seed: bigint,
  ) {
    this.state = kernel.exports.createMixture(seed) >>> 0;
    if (this.state === 0) throw outOfMemory();
    for (const { weight, generator } of parts) {
      kernel.exports.addMixturePart(this.state, generator.state, weight);
    }
  }

  /** Writes the next references to `records`. */
  generate(records: number, count: number): void {
    this.kernel.exports.mixRecords(this.state, records, count);
  }
}
