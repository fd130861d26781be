/** Every export of the kernel, and nothing else. */
export { allocate, arenaBytes } from "./core/arena";

export {
  beginRequests,
  createRequests,
  createSimulation,
  isSimulationValid,
  runSimulation,
  stepRequests,
} from "./engine/pages-exports";
export { policySignature } from "./policy/registry";
