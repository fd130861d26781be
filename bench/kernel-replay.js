/** Replays pages through the kernel. All records are in its memory before, so only the engine is timed. */
import { BATCH_RECORDS, KIND_LOAD, RECORD_BYTES } from "../dist/assembly/abi/core.js";
import { FutureRecorder } from "../dist/src/future/future.js";
import { missesByDistance } from "../dist/src/mrc/points.js";
import { KernelStackCurve } from "../dist/src/wasm/analysis.js";
import { Kernel } from "../dist/src/wasm/kernel.js";
import { KernelRequests, KernelSimulation } from "../dist/src/wasm/pages.js";

export class KernelReplay {
  /**
   * @param {Kernel} kernel
   * @param {BigUint64Array} pages
   */
  constructor(kernel, pages) {
    this.kernel = kernel;
    this.count = pages.length;
    this.requests = KernelRequests.create(kernel, undefined, "all");
    this.records = kernel.allocate(pages.length * RECORD_BYTES);
    /** @type {Uint8Array<ArrayBuffer>} */
    this.gaps = new Uint8Array(0);
    const words = new BigUint64Array(kernel.memory.buffer, this.records, pages.length * 2);
    for (const [n, page] of pages.entries()) {
      words[n * 2] = page;
      words[n * 2 + 1] = BigInt(KIND_LOAD) << 32n;
    }
  }

  /** @param {BigUint64Array} pages */
  static async create(pages) {
    return new KernelReplay(await Kernel.create(), pages);
  }

  /** Finds the gaps that `opt` needs. */
  async foresee() {
    const recorder = new FutureRecorder(this.kernel);
    for (const count of this.steps()) await recorder.add(this.requests.keys, count);
    const future = await recorder.finish();
    this.gaps = new Uint8Array(this.count * 4);
    await future.take(this.gaps);
    await future.close();
  }

  /**
   * Runs a new simulation from end to end. Returns the number of misses.
   * @param {import("../dist/src/policy/policies.js").PolicyChoice} policy
   * @param {number} frames
   */
  run({ id, parameters, needsFuture }, frames) {
    const simulation = new KernelSimulation(this.kernel, this.requests, id, parameters, frames);
    let served = 0;
    for (const count of this.steps()) {
      if (needsFuture) this.requests.gaps.set(this.gaps.subarray(served * 4, (served + count) * 4));
      served += count;
      simulation.run();
    }
    return simulation.counters.misses;
  }

  /**
   * Computes a curve from end to end. Returns the misses by the number of frames.
   * @param {import("../dist/src/wasm/analysis.js").StackPolicy} policy
   */
  curve(policy) {
    const curve = new KernelStackCurve(this.kernel, this.requests, policy);
    for (const _ of this.steps()) curve.run();
    return missesByDistance(curve.counts);
  }

  /** The numbers of requests of the steps, which are as long as those of a pass over a trace. */
  *steps() {
    const { requests } = this;
    for (let at = 0; at < this.count; at += BATCH_RECORDS) {
      requests.begin(this.records + at * RECORD_BYTES, Math.min(BATCH_RECORDS, this.count - at));
      while (requests.fill()) {
        yield requests.count;
        requests.clear(true);
      }
    }
    if (requests.count > 0) yield requests.count;
    requests.clear();
  }
}
