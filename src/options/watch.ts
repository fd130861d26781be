/** Options of every function that takes long: progress, and a signal that stops it. */
import * as v from "valibot";

/** Argument of every `onProgress`; some functions add fields. A pass that feeds n simulations counts as n passes. */
export interface Progress {
  /** Share of all work done, from 0 to 1; undefined if the size of an input is not known. */
  fraction: number | undefined;
  /** References read so far, in all passes. */
  references: number;
  /** Bytes read so far, as stored, in all passes. */
  bytesRead: number;
  /** Bytes of the inputs, if known. */
  sizeBytes: number | undefined;
}

/** Options of every function that takes long. */
export interface PassOptions<Sofar = Progress> {
  /** Called from time to time: after each batch of references, with what is done so far. */
  onProgress?: ((progress: Sofar) => void) | undefined;
  /** Stops the function, which rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** A function of the library's caller, which no command takes. */
export const callback = <Callback extends (...args: never[]) => void>() =>
  v.optional(v.custom<Callback>((value) => typeof value === "function", "a function"));

/** Progress, and a signal that stops the work: options of the library. */
export const watchEntries = <Sofar>() => ({
  onProgress: callback<(progress: Sofar) => void>(),
  signal: v.optional(v.instance(AbortSignal)),
});
