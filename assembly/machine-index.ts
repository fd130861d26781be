/** The exports that a `Machine` uses, and nothing else: the kernel of the package's entry `pagewalk/machine`. */
export { allocate } from "./core/arena";
export {
  accessMapped,
  accessOne,
  addTlb,
  addWalkCache,
  createMachine,
  invalidatePage,
  isMachineValid,
  mapPage,
  protectPage,
  switchSpace,
  unmapPage,
} from "./engine/exports";
export {
  entryFlags,
  entryFrame,
  evictNext,
  frameCounts,
  frameRecord,
  policyHoldings,
  tableAt,
  tableEntries,
  tableIndex,
} from "./engine/inspect";
export { createGeometry } from "./mmu/geometry";
export { policySignature } from "./policy/registry";
