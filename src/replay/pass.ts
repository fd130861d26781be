/** Passes of a machine over a trace, by batches or page blocks. Reports what stopped it. */

import { STATUS_OK } from "../../assembly/abi/core.js";
import {
  MACHINE_ADDRESS_TOO_WIDE,
  MACHINE_MEMORY_FULL,
  MACHINE_SWAP_FULL,
} from "../../assembly/abi/machine.js";
import { InputError, optionNamed, type PagewalkError } from "../errors.js";
import type { Future } from "../future/future.js";
import type { ActivityRecorder } from "../machine/activity.js";
import type { Geometry } from "../machine/geometry.js";
import { END, eachBatch, eachPageBlock } from "../pass/pass.js";
import type { Watch } from "../pass/progress.js";
import { eachStep } from "../pass/requests.js";
import type { TraceReader } from "../trace/reader.js";
import type { ReferenceCounts } from "../wasm/counts.js";
import type { Kernel } from "../wasm/kernel.js";
import type { KernelMachine } from "../wasm/machine.js";
import { KernelRequests } from "../wasm/pages.js";

/** Gives a machine's policy the gaps of each batch's requests: one request for each page that a reference spans. */
export class GapFeed {
  private readonly requests: KernelRequests;
  private room = 0;
  private address = 0;

  constructor(
    private readonly kernel: Kernel,
    private readonly machine: KernelMachine,
    private readonly future: Future,
    pageShift: number,
  ) {
    this.requests = KernelRequests.create(kernel, pageShift, "all");
  }

  async next(records: number, count: number): Promise<void> {
    const requests = await eachStep(this.requests, records, count, () => {});
    if (requests > this.room) {
      this.room = requests * 2;
      this.address = this.kernel.allocate(this.room * 4);
    }
    await this.future.take(this.kernel.bytes(this.address, requests * 4));
    this.machine.setFuture(this.address);
  }
}

/** One pass of a machine over a trace. */
export class MachinePass {
  engineSeconds = 0;

  constructor(
    private readonly machine: KernelMachine,
    private readonly geometry: Geometry,
    private readonly feed: GapFeed | undefined,
    private readonly watch: Watch,
    private readonly activity: ActivityRecorder | undefined,
  ) {}

  /** Serves every reference, one by one. */
  async records(reader: TraceReader): Promise<ReferenceCounts> {
    await eachBatch(reader, this.watch, async ({ records, count, firstReference }) => {
      await this.feed?.next(records, count);
      const status = this.timed(() => this.machine.replayBatch(records, count));
      if (status !== STATUS_OK) throw this.failure(status, reader, firstReference + this.machine.failedIndex);
      this.activity?.step(reader.counts.references);
    });
    return { ...reader.counts };
  }

  /** Serves only touches of another page; undefined if a block was stopped and the trace can be read again. */
  async blocks(reader: TraceReader, rewindable: boolean): Promise<ReferenceCounts | undefined> {
    let isStopped = false;
    await eachPageBlock(reader, this.watch, ({ header, counts, firstReference, hasTurns }) => {
      if (hasTurns) {
        if (!rewindable) throw severalThreads(reader, firstReference);
        isStopped = true;
        return END;
      }
      const fetches = counts.instructionFetches;
      const data = counts.references - fetches;
      const status = this.timed(() => this.machine.replayPageBlock(header, fetches, data));
      if (status === STATUS_OK) {
        this.activity?.step(firstReference + counts.references);
        return undefined;
      }
      if (!rewindable) throw this.failure(status, reader, firstReference);
      isStopped = true;
      return END;
    });
    return isStopped ? undefined : { ...reader.counts };
  }

  private timed(call: () => number): number {
    const start = performance.now();
    const status = call();
    this.engineSeconds += (performance.now() - start) / 1000;
    return status;
  }

  private failure(status: number, reader: TraceReader, reference: number): PagewalkError {
    const place = reader.place(reference);
    const address = `0x${this.machine.failedAddress.toString(16)}`;
    const { geometry } = this;
    if (status === MACHINE_ADDRESS_TOO_WIDE) {
      const problem = `address ${address} is beyond ${geometry.name}'s ${geometry.addressBits} bits`;
      return new InputError(problem, `choose ${widerThan(geometry.name)}`, place);
    }
    if (status === MACHINE_SWAP_FULL) {
      const problem = `simulated memory and swap are full of dirty pages at ${address}`;
      return new InputError(problem, `give more ${optionNamed("swap")} or ${optionNamed("memory")}`, place);
    }
    if (status === MACHINE_MEMORY_FULL) {
      const problem = `simulated memory has no page left to evict at ${address}`;
      return new InputError(problem, `give more ${optionNamed("memory")}`, place);
    }
    throw new Error(`replay: unexpected status ${status}`);
  }
}

function severalThreads(reader: TraceReader, reference: number): InputError {
  const problem = "has the references of several threads";
  return new InputError(problem, "give it as a file", reader.place(reference));
}

/** A remedy for an architecture whose addresses are too narrow. */
function widerThan(arch: string): string {
  const choice = (...names: string[]) => names.map((name) => optionNamed("arch", name)).join(" or ");
  if (arch.startsWith("sv")) return arch === "sv57" ? choice("x86-64") : choice("sv48", "sv57");
  if (arch === "x86-64") return choice("x86-64-la57");
  return arch.startsWith("i386") ? choice("x86-64") : choice("x86-64", "x86-64-la57");
}
