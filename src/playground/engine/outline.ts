/**
 * The outline of a run, which the page gets at once: small numbers of each call, and the calls of the bars of its time line.
 * The page asks for the calls themselves by their lines, since those of a long log are many megabytes of objects.
 */
import type { AnsweredCall } from "pagewalk";

/** A call, with its effects. */
export interface LoggedCall {
  readonly line: number;
  readonly pid: number;
  /** Undefined for calls that the model gives no answer to. */
  readonly answered: AnsweredCall | undefined;
  readonly minor: number;
  readonly major: number;
  /** The signal with its reason, if there was one: `SIGSEGV SEGV_MAPERR at 0x0: …`. */
  readonly signal: string | undefined;
}

/** Bits of a call's events. */
export const FAULT = 1;
export const MISMATCH = 2;
export const SIGNAL = 4;

/** Calls that are drawn as one bar. */
export interface Bar {
  /** Calls before it. */
  readonly from: number;
  readonly count: number;
  readonly minor: number;
  readonly major: number;
  readonly signals: number;
  /** If it is the only one. */
  readonly call: LoggedCall | undefined;
}

export interface Outline {
  /** The line of each call, in the order in which the kernel served them. */
  readonly lines: Uint32Array;
  /** The events of each call. */
  readonly events: Uint8Array;
  readonly bars: readonly Bar[];
  /** The first calls that differ from the log or end in a signal. */
  readonly marked: readonly LoggedCall[];
}

const MOST_BARS = 240;
const MOST_MARKED = 500;

export function outlineOf(calls: readonly LoggedCall[]): Outline {
  const perBar = Math.max(1, Math.ceil(calls.length / MOST_BARS));
  const bars = Array.from({ length: Math.ceil(calls.length / perBar) }, (_, n) =>
    barOf(calls.slice(n * perBar, (n + 1) * perBar), n * perBar),
  );
  return {
    lines: Uint32Array.from(calls, ({ line }) => line),
    events: Uint8Array.from(calls, eventsOf),
    bars,
    marked: calls.filter((call) => (eventsOf(call) & (MISMATCH | SIGNAL)) !== 0).slice(0, MOST_MARKED),
  };
}

function eventsOf({ answered, minor, major, signal }: LoggedCall): number {
  const isFault = minor + major > 0;
  const isMismatch = answered?.matched === false;
  return (isFault ? FAULT : 0) | (isMismatch ? MISMATCH : 0) | (signal === undefined ? 0 : SIGNAL);
}

function barOf(calls: readonly LoggedCall[], from: number): Bar {
  const bar = { from, count: calls.length, minor: 0, major: 0, signals: 0 };
  for (const { minor, major, signal } of calls) {
    bar.minor += minor;
    bar.major += major;
    if (signal !== undefined) bar.signals++;
  }
  return { ...bar, call: calls.length === 1 ? calls[0] : undefined };
}
