/** The worker: the library, away from the thread that draws the page. `client.ts` is its other side. */
import { expose } from "comlink";
import { exercises, logText, policies } from "pagewalk";
import { answered } from "./answer.js";
import { firstAccesses, firstRequests } from "./beginning.js";
import { runCompare, stopCompare } from "./compare.js";
import { machineAt, machineUntil } from "./machine.js";
import { callsIn, processAt, runProcess } from "./process.js";
import { race } from "./race.js";
import { describe } from "./sources.js";

const engine = {
  /** The kernel's policies, with their parameters. */
  policies: () => policies(),
  describe: answered(describe),
  compare: answered(runCompare),
  /** Stops the comparison that runs; it answers with the rows that it has. */
  stopCompare,
  firstAccesses: answered(firstAccesses),
  machineAt: answered(machineAt),
  machineUntil: answered(machineUntil),
  runProcess: answered(runProcess),
  processAt: answered(processAt),
  callsIn,
  logText: answered((file: File) => logText(file)),
  firstRequests: answered(firstRequests),
  race: answered(race),
  exercises: answered(exercises),
};

export type Engine = typeof engine;

expose(engine);
