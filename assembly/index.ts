/** Every export of the kernel, and nothing else. */
// analysis
import "./abi-check";

export {
  addSampleGroup,
  beginSample,
  createBoundedSample,
  createReuseTimes,
  createSample,
  createSetCurve,
  createStackCurve,
  finishReuseTimes,
  runBoundedSample,
  runReuseTimes,
  runSetCurve,
  runStackCurve,
  stepSample,
} from "./analysis/exports";
export { createHeat, heatRequests, isHeatValid } from "./analysis/heat";
export { allocate, arenaBytes } from "./core/arena";

// The pagewalk format.
export { crc32 } from "./core/crc";
export {
  beginDivergence,
  createDivergence,
  hitsNext,
  nextVictim,
  pagesHeld,
  pagesOnlyIn,
  recordOfRequest,
  seekDivergence,
  serveDivergence,
} from "./engine/diverge-exports";
// engine/machine
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
  replayBatch,
  replayPageBlock,
  setMachineFuture,
  sumByRange,
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
// engine: requests for pages
export {
  beginRequests,
  clearRequests,
  copyRequests,
  createFuture,
  createRequests,
  createSimulation,
  distinctKeys,
  fillRequests,
  gapsFromIds,
  isSimulationValid,
  numberKeys,
  numberRequests,
  residentPages,
  runSimulation,
  takeRequest,
} from "./engine/pages-exports";
export { areSizesValid, createSizes, runSizes } from "./engine/sizes";
// heap
export {
  chargeAllocated,
  chargeExclude,
  chargeFreed,
  chargeGroup,
  chargeGroups,
  chargeInclude,
  createCharges,
  droppedReferences,
  settleCharges,
  touchCharged,
} from "./heap/charged-touch";
export { askCustom, serveCustom, showCustomChunks, wantsCustomChunks } from "./heap/custom/exports";
export {
  abortCustom,
  adviseCustom,
  breakOfCustom,
  copyCustom,
  fillCustom,
  hideCustom,
  mapCustom,
  readCustom8,
  readCustom16,
  readCustom32,
  readCustom64,
  readCustomBig,
  remapCustom,
  sbrkCustom,
  threadOfCustom,
  unmapCustom,
  unprotectCustom,
  writeCustom8,
  writeCustom16,
  writeCustom32,
  writeCustom64,
  writeCustomBig,
} from "./heap/custom/memory";
export {
  blockAddress,
  createHeap,
  forkHeap,
  heapFigures,
  isHeapValid,
  nextChunk,
  releaseHeap,
  resumeHeap,
  rewindWalk,
  walkHeap,
} from "./heap/exports";
export { finishRecording, isRecorderValid, recordHeap } from "./heap/recorder";
export { allocatorSignature } from "./heap/registry";
export { createResolver, nextLeaks, resolveBlocks } from "./heap/resolver";
export { serveHeap } from "./heap/serve";
export { createHeapSurvey, surveyHeap } from "./heap/survey";
export { createGeometry } from "./mmu/geometry";
export { policySignature } from "./policy/registry";

// trace: bytes and records
export { runCalls } from "./process/calls/calls";
export { beginTrial, createTrial, trialMark, tryCall, undoTrial } from "./process/calls/trial";
export {
  addRegion,
  clearFaults,
  createObject,
  createSpace,
  createSystem,
  endProcess,
  flushObject,
  forkSpace,
  logFaults,
  loggedFault,
  loggedFaults,
  measureRegion,
  nextPage,
  objectInode,
  objectSize,
  overwriteBytes,
  pageAt,
  peekBytes,
  pokeBytes,
  punchObject,
  readObject,
  regionAt,
  regionCount,
  regionIndex,
  releaseObject,
  resizeObject,
  spaceAt,
  swapLogOf,
  systemDefect,
  systemStatus,
  touchBatch,
  writeObject,
} from "./process/exports";
export { decodeAddress, encodeAddress } from "./trace/address";
export { decodeArc, encodeArc } from "./trace/arc";
export { decodeChampsim } from "./trace/champsim";
export { decodeCsv, encodeCsv } from "./trace/csv";
export { decodeDin, encodeDin } from "./trace/din";
export { decodeDrmemtrace } from "./trace/drmemtrace";
export { createEncoder } from "./trace/encoder";
export { createGenerator, generateRecords, prepareGenerator } from "./trace/generate";
export { createHeapDecoder } from "./trace/heap/decoder";
export { decodeHeaptrack } from "./trace/heap/heaptrack";
export { decodeHeapLog } from "./trace/heap/log";
export { decodeMtrace } from "./trace/heap/mtrace";
export { decodeRep } from "./trace/heap/rep";
export { decodeIds } from "./trace/ids";
export { decodeLackey, encodeLackey } from "./trace/lackey";
export { createDecoder } from "./trace/lines";
export { decodeLirs, encodeLirs } from "./trace/lirs";
export { addMixturePart, createMixture, mixRecords } from "./trace/mixture";
export { decodeOracleGeneral, encodeOracleGeneral } from "./trace/oracle-general";
export {
  createPagewalkDecoder,
  decodePagewalkRecords,
  pagewalkDecoderState,
  pagewalkSection,
  readPagewalkBlock,
  readPagewalkPages,
  unpackPagewalkPages,
} from "./trace/pagewalk/decoder";
export {
  addPagewalkRecords,
  adoptPagewalkBlock,
  createPagewalkEncoder,
  finishPagewalkBlock,
  pagewalkEncoderState,
  pagewalkRegions,
  sealPagewalkBlock,
  startPagewalkBlock,
} from "./trace/pagewalk/encoder";
export { createPart, takePart } from "./trace/part";
export {
  beginRecordedThread,
  createRecording,
  decodeRecording,
  endRecordedThread,
  isRecordingFull,
  recordedSegment,
} from "./trace/qemu/recording";
export { decodeReferences } from "./trace/references";
export { countKinds, countOtherSizes, createSurvey, surveyRecords } from "./trace/survey";
export { decodeVscsi, encodeVscsi } from "./trace/vscsi";
