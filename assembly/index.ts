/** Every export of the kernel, and nothing else. */
export { allocate, arenaBytes } from "./core/arena";

export {
  beginRequests,
  createFuture,
  createRequests,
  createSimulation,
  distinctKeys,
  gapsFromIds,
  isSimulationValid,
  numberKeys,
  runSimulation,
  stepRequests,
} from "./engine/exports";
export { policySignature } from "./policy/registry";
