/** Naive curves and working sets: lists with linear search, without code shared with the kernel. */
import { openTrace, type Trace } from "#pagewalk/index.js";
import { isDebug } from "../build.js";

/** A trace of page numbers. */
export function traceOf(pages: readonly number[], name = "some.lirs"): Promise<Trace> {
  return openTrace(new TextEncoder().encode(`${pages.join("\n")}\n`), { name, format: "lirs" });
}

/** The depth at which each request finds its page in the LRU stack, from 1; infinite if it is absent. */
export function depthsOf(pages: readonly number[]): number[] {
  const stack: number[] = [];
  return pages.map((page) => {
    const at = stack.indexOf(page);
    if (at >= 0) stack.splice(at, 1);
    stack.unshift(page);
    return at < 0 ? Number.POSITIVE_INFINITY : at + 1;
  });
}

export function missesOf(pages: readonly number[], frames: number): number {
  return depthsOf(pages).filter((depth) => depth > frames).length;
}

/** The number of requests since the page's last request; infinite the first time. */
export function timesOf(pages: readonly number[]): number[] {
  return pages.map((page, at) => {
    const before = at === 0 ? -1 : pages.lastIndexOf(page, at - 1);
    return before < 0 ? Number.POSITIVE_INFINITY : at - before;
  });
}

/** The size of the working set after each request. */
export function workingSetSizes(pages: readonly number[], window: number): number[] {
  return pages.map((_, at) => new Set(pages.slice(Math.max(0, at + 1 - window), at + 1)).size);
}

interface Shape {
  readonly pageSize?: number;
  readonly only?: "data" | "instructions";
}

/** Options for curves of the recording: the debug build, which takes seconds for each, draws with the defaults alone. */
export function recordingShapes(...others: readonly Shape[]): readonly Shape[] {
  return isDebug ? [{}] : [{}, ...others];
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
