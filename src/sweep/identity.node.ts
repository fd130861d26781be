/**
 * Everything that determines the numbers of a simulation: the SHA-256 of the trace's bytes as stored, its format and
 * columns, the mapping to requests, the SHA-256 of the kernel; and the policy with its parameters, and the frames.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import * as v from "valibot";
import type { SimulationShape } from "../simulate/simulate.js";
import { fileError } from "../trace/file-errors.js";
import type { Trace } from "../trace/trace.js";
import { kernelBytes } from "../wasm/kernel.js";
import { count } from "./outcome.js";

/** The part that all simulations of a trace share. */
export const identity = v.object({
  content: v.string(),
  format: v.string(),
  columns: v.exactOptional(v.string()),
  delimiter: v.exactOptional(v.string()),
  preset: v.exactOptional(v.string()),
  /** A cut file, up to its last whole block. */
  partial: v.exactOptional(v.literal(true)),
  pageSize: v.exactOptional(count),
  only: v.string(),
  kernel: v.string(),
});
export type Identity = v.InferOutput<typeof identity>;

/** The part of one simulation. */
export const simulated = v.object({ policy: v.string(), parameters: v.array(v.number()), frames: count });
type Simulated = v.InferOutput<typeof simulated>;

/** Of the requests that `shape` makes of `trace`, which must be rewindable. */
export async function identityOf(
  trace: Trace,
  shape: SimulationShape,
  signal: AbortSignal | undefined,
): Promise<Identity> {
  const { columns, delimiter, preset, partial } = trace.options;
  return {
    content: await digest(storedBytes(trace), signal),
    format: trace.format,
    ...(columns !== undefined && { columns }),
    ...(delimiter !== undefined && { delimiter }),
    ...(preset !== undefined && { preset }),
    ...(partial && { partial }),
    ...(shape.pageShift !== undefined && { pageSize: 2 ** shape.pageShift }),
    only: shape.only,
    kernel: await kernelHash(),
  };
}

/** Policies are equal if all their parameters are, however the name is written. */
export function simulatedOf(
  { name, parameters }: { readonly name: string; readonly parameters: readonly number[] },
  frames: number,
): Simulated {
  return { policy: name.replace(/:.*$/, ""), parameters: [...parameters], frames };
}

/** A text that is equal for equal simulations only. */
export function keyOf({ policy, parameters, frames, ...rest }: Identity & Simulated): string {
  return JSON.stringify([...identityKey(rest), policy, parameters, frames]);
}

/** In a fixed order. */
export function identityKey(one: Identity): unknown[] {
  const { content, format, columns = "", delimiter = "", preset = "", partial = false } = one;
  const { pageSize = 0, only, kernel } = one;
  return [content, format, columns, delimiter, preset, partial, pageSize, only, kernel];
}

export async function kernelHash(): Promise<string> {
  return digest([await kernelBytes()]);
}

/** SHA-256, in hexadecimal digits. */
export async function digest(
  chunks: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest("hex");
}

/** The trace's bytes, as they are stored. */
export async function* storedBytes({ transferable, name }: Trace): AsyncGenerator<Uint8Array> {
  if (typeof transferable === "string") {
    try {
      yield* createReadStream(transferable, { highWaterMark: READ_BYTES });
    } catch (error) {
      throw fileError(error, name, "read");
    }
  } else if (transferable instanceof Uint8Array) yield transferable;
  else if (transferable !== undefined) {
    for (let at = 0; at < transferable.size; at += READ_BYTES) {
      yield new Uint8Array(await transferable.slice(at, at + READ_BYTES).arrayBuffer());
    }
  }
}

const READ_BYTES = 2 ** 20;
