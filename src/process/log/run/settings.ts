/** The settings of a run: `RunOptions` but for those of the system. */
import type { Process } from "../../process.js";
import type { ReadProgram } from "../../program/programs.js";
import type { RunWatch } from "./watch.js";

export interface Settings {
  verify: boolean;
  follow: boolean | undefined;
  name: string;
  readProgram: ReadProgram | undefined;
  realPath: ((path: string) => string) | undefined;
  faultLines: boolean;
  freeLists: boolean;
  answers: boolean;
  onLine: ((line: number, process: Process) => void) | undefined;
  watch: RunWatch;
}
