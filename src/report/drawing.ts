/** The code that draws figures, with the plotting library: a module in Node and browsers alike. */
import { scriptUrl } from "./files.js";
import type * as Drawing from "./page/main.js";

/** Loads it, when the first figure is drawn. */
export function drawing(): Promise<typeof Drawing> {
  return import(/* @vite-ignore */ /* webpackIgnore: true */ scriptUrl());
}
