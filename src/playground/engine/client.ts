/** The page's side of the worker. */
import { wrap } from "comlink";
import type { Engine } from "./worker.js";

export const engine = wrap<Engine>(
  new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "pagewalk" }),
);
