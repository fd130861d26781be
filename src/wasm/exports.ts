/**
 * The kernel's exports as TypeScript sees them: pointers and u32 arrive as signed 32-bit numbers (`>>> 0` them), u64
 * as BigInt, bool as 0 or 1. Kept in the order of `assembly/index.ts`; a test compares the two lists.
 */

// analysis
export declare function createHeat(): number;
export declare function heatRequests(heat: number, keys: number, count: number): void;
export declare function isHeatValid(heat: number): number;

// core/arena
export declare function allocate(bytes: bigint): number;
export declare function arenaBytes(): number;

// engine: requests for pages
export declare function beginRequests(requests: number, records: number, count: number): void;
export declare function clearRequests(requests: number, widens: boolean): void;
export declare function copyRequests(source: number): number;
export declare function createFuture(expected: number): number;
export declare function createRequests(pageShift: number, only: number, expected: number): number;
export declare function createSimulation(
  requests: number,
  policyId: number,
  frames: number,
  parameters: number,
): number;
export declare function distinctKeys(future: number): number;
export declare function fillRequests(requests: number): number;
export declare function gapsFromIds(future: number, chunk: number, count: number): number;
export declare function isSimulationValid(simulation: number): number;
export declare function numberKeys(future: number, keys: number, count: number, into: number): number;
export declare function numberRequests(requests: number): void;
export declare function residentPages(simulation: number, pages: number, most: number): number;
export declare function runSimulation(simulation: number): number;
export declare function takeRequest(requests: number, source: number, at: number): void;
export declare function createSizes(
  requests: number,
  policyId: number,
  parameters: number,
  frames: number,
  count: number,
): number;
export declare function areSizesValid(sizes: number, policyId: number): number;
export declare function runSizes(sizes: number, policyId: number): number;
export declare function policySignature(id: number): number;

// trace
type Decode = (state: number, records: number, first: number) => number;
type Encode = (state: number, records: number, count: number) => number;
export declare const decodeAddress: Decode;
export declare const encodeAddress: Encode;
export declare const decodeArc: Decode;
export declare const encodeArc: Encode;
export declare const decodeChampsim: Decode;
export declare const decodeCsv: Decode;
export declare const encodeCsv: Encode;
export declare const decodeDin: Decode;
export declare const encodeDin: Encode;
export declare const decodeDrmemtrace: Decode;
export declare function createEncoder(pageShift: number): number;
export declare function createGenerator(): number;
export declare function generateRecords(state: number, records: number, count: number): void;
export declare function prepareGenerator(state: number): number;
export declare function createHeapDecoder(): number;
export declare const decodeHeaptrack: Decode;
export declare const decodeHeapLog: Decode;
export declare const decodeMtrace: Decode;
export declare const decodeRep: Decode;
export declare const decodeIds: Decode;
export declare const decodeLackey: Decode;
export declare const encodeLackey: Encode;
export declare function createDecoder(): number;
export declare function beginRecordedThread(recording: number, number: number): number;
export declare function createRecording(): number;
export declare function decodeRecording(recording: number, records: number, first: number): number;
export declare function endRecordedThread(recording: number, thread: number): void;
export declare function isRecordingFull(recording: number, count: number): number;
export declare function recordedSegment(recording: number, segment: number): number;
export declare const decodeLirs: Decode;
export declare const encodeLirs: Encode;
export declare function addMixturePart(mixture: number, generator: number, share: number): void;
export declare function createMixture(seed: bigint): number;
export declare function mixRecords(mixture: number, records: number, count: number): void;
export declare const decodeOracleGeneral: Decode;
export declare const encodeOracleGeneral: Encode;
export declare function countKinds(records: number, count: number, counts: number): void;
export declare function countOtherSizes(records: number, count: number, size: number): number;
export declare function createSurvey(pageShift: number): number;
export declare function surveyRecords(state: number, records: number, count: number): number;
export declare function createPart(): number;
export declare function takePart(part: number, records: number, count: number): number;
export declare const decodeReferences: Decode;
export declare const decodeVscsi: Decode;
export declare const encodeVscsi: Encode;

// engine/machine
export declare function accessMapped(machine: number, address: bigint, size: number, kind: number): number;
export declare function accessOne(machine: number, address: bigint, size: number, kind: number): number;
export declare function addTlb(
  machine: number,
  cpu: number,
  level: number,
  sides: number,
  sizes: number,
  sets: number,
  ways: number,
  replacement: number,
  seed: number,
): number;
export declare function addWalkCache(machine: number, level: number, entries: number): number;
export declare function createMachine(
  architecture: number,
  frames: number,
  swapPages: number,
  huge: number,
  spaces: number,
  cpus: number,
  policyId: number,
  parameters: number,
): number;
export declare function invalidatePage(machine: number, address: bigint): void;
export declare function isMachineValid(machine: number): number;
export declare function mapPage(machine: number, address: bigint, level: number, flags: number): number;
export declare function protectPage(machine: number, address: bigint, flags: number): number;
export declare function replayBatch(machine: number, records: number, count: number): number;
export declare function replayPageBlock(
  machine: number,
  header: number,
  fetches: number,
  data: number,
): number;
export declare function setMachineFuture(machine: number, gaps: number): void;
export declare function sumByRange(machine: number, ranges: number, counters: number): number;
export declare function switchSpace(machine: number, asid: number, flush: boolean): void;
export declare function unmapPage(machine: number, address: bigint): number;
export declare function entryFlags(machine: number, entry: bigint, level: number): number;
export declare function entryFrame(machine: number, entry: bigint): number;
export declare function evictNext(machine: number, out: number): number;
export declare function frameCounts(machine: number, out: number): void;
export declare function frameRecord(machine: number, pfn: number): number;
export declare function policyHoldings(machine: number, out: number, most: number): number;
export declare function tableAt(machine: number, asid: number, address: bigint, level: number): number;
export declare function tableEntries(machine: number, pfn: number): number;
export declare function tableIndex(machine: number, address: bigint, level: number): number;

// heap
export declare function blockAddress(heap: number, number: number): bigint;
export declare function createHeap(
  system: number,
  asid: number,
  id: number,
  parameters: number,
  mode: number,
  isUsed: boolean,
  byAddress: boolean,
): number;
export declare function createHeapSurvey(): number;
export declare function finishRecording(heap: number): void;
export declare function forkHeap(system: number, asid: number, heap: number, thread: number): number;
export declare function heapFigures(heap: number): number;
export declare function releaseHeap(heap: number): void;
export declare function resumeHeap(heap: number): void;
export declare function isHeapValid(heap: number): number;
export declare function isRecorderValid(recorder: number): number;
export declare function nextChunk(heap: number, walk: number): number;
export declare function recordHeap(heap: number, what: number, expected: number): number;
export declare function rewindWalk(walk: number): void;
export declare function surveyHeap(survey: number, records: number, count: number): number;
export declare function walkHeap(heap: number): number;
export declare function allocatorSignature(id: number): number;
type ReadCustom = (memory: number, va: number) => number;
type WriteCustom = (memory: number, va: number, value: number) => number;
export declare function askCustom(heap: number, record: number): number;
export declare function serveCustom(
  heap: number,
  record: number,
  call: number,
  answer: number,
  bytes: number,
  taken: number,
  steps: number,
  errno: number,
): number;
export declare function showCustomChunks(heap: number, chunks: number, count: number): void;
export declare function wantsCustomChunks(heap: number, isLast: boolean): number;
export declare function abortCustom(memory: number): void;
export declare function adviseCustom(memory: number, va: number, count: number, advice: number): number;
export declare function breakOfCustom(memory: number): number;
export declare function copyCustom(memory: number, to: number, from: number, count: number): number;
export declare function fillCustom(memory: number, va: number, value: number, count: number): number;
export declare function hideCustom(memory: number, isHidden: boolean): void;
export declare function mapCustom(memory: number, count: number, isReserved: boolean): number;
export declare const readCustom8: ReadCustom;
export declare const readCustom16: ReadCustom;
export declare const readCustom32: ReadCustom;
export declare const readCustom64: ReadCustom;
export declare function readCustomBig(memory: number, va: number): bigint;
export declare function remapCustom(
  memory: number,
  va: number,
  before: number,
  after: number,
  mayMove: boolean,
): number;
export declare function sbrkCustom(memory: number, delta: number): number;
export declare function threadOfCustom(memory: number): number;
export declare function unmapCustom(memory: number, va: number, count: number): number;
export declare function unprotectCustom(memory: number, va: number, count: number): number;
export declare const writeCustom8: WriteCustom;
export declare const writeCustom16: WriteCustom;
export declare const writeCustom32: WriteCustom;
export declare const writeCustom64: WriteCustom;
export declare function writeCustomBig(memory: number, va: number, value: bigint): number;
export declare function createResolver(hasNoAddresses: boolean): number;
export declare function nextLeaks(resolver: number, into: number, most: number): number;
export declare function resolveBlocks(resolver: number, records: number, count: number): number;
export declare function serveHeap(heap: number, records: number, count: number): number;

// mmu
export declare function createGeometry(architecture: number): number;

// The pagewalk format
export declare function crc32(crc: number, address: number, length: number): number;
export declare function createPagewalkDecoder(addressesArePages: number): number;
export declare function decodePagewalkRecords(decoder: number, records: number, most: number): number;
export declare function pagewalkDecoderState(decoder: number): number;
export declare function pagewalkSection(decoder: number, section: number, bytes: number): number;
export declare function readPagewalkBlock(decoder: number): number;
export declare function readPagewalkPages(decoder: number): number;
export declare function unpackPagewalkPages(decoder: number, bytes: number): number;
export declare function addPagewalkRecords(encoder: number, records: number, count: number): number;
export declare function createPagewalkEncoder(most: number, addressesArePages: number): number;
export declare function pagewalkRegions(encoder: number): number;
export declare function sealPagewalkBlock(encoder: number): void;
export declare function adoptPagewalkBlock(encoder: number): void;
export declare function finishPagewalkBlock(encoder: number): void;
export declare function pagewalkEncoderState(encoder: number): number;
export declare function startPagewalkBlock(encoder: number): void;

// analysis
export declare function addSampleGroup(sample: number, part: number): void;
export declare function beginSample(sample: number, records: number, count: number): void;
export declare function createBoundedSample(sample: number, whole: number, most: number): number;
export declare function createStackCurve(requests: number, policy: number): number;
export declare function createReuseTimes(
  requests: number,
  windows: number,
  count: number,
  overTime: bigint,
): number;
export declare function createSample(
  whole: number,
  pageShift: number,
  only: number,
  limit: number,
  seed: number,
): number;
export declare function createSetCurve(pageShift: number, only: number, sets: number, ways: number): number;
export declare function finishReuseTimes(times: number): void;
export declare function runBoundedSample(bounded: number): number;
export declare function runStackCurve(curve: number): number;
export declare function runReuseTimes(times: number): number;
export declare function runSetCurve(curve: number, records: number, count: number): void;
export declare function stepSample(sample: number): number;

// engine/diverge
export declare function beginDivergence(divergence: number): number;
export declare function createDivergence(
  requests: number,
  frames: number,
  firstId: number,
  firstParameters: number,
  secondId: number,
  secondParameters: number,
): number;
export declare function hitsNext(divergence: number, which: number): number;
export declare function nextVictim(divergence: number, which: number, page: number): number;
export declare function pagesHeld(divergence: number, which: number): number;
export declare function pagesOnlyIn(divergence: number, which: number, pages: number, most: number): number;
export declare function recordOfRequest(requests: number, records: number, request: number): number;
export declare function seekDivergence(divergence: number): number;
export declare function serveDivergence(divergence: number): void;

// process
export declare function createTrial(system: number): number;
export declare function beginTrial(trial: number, asid: number): void;
export declare function tryCall(trial: number, call: number): bigint;
export declare function trialMark(trial: number): number;
export declare function undoTrial(trial: number, mark: number): void;
export declare function runCalls(system: number, asid: number, calls: number, count: number): number;
export declare function addRegion(
  system: number,
  asid: number,
  start: bigint,
  end: bigint,
  flags: number,
  object: number,
  pgoff: bigint,
  label: number,
): number;
export declare function clearFaults(system: number): void;
export declare function createObject(system: number, kind: number, sizeBytes: bigint): number;
export declare function createSpace(
  system: number,
  taskSize: bigint,
  mmapBase: bigint,
  lowest: bigint,
): number;
export declare function createSystem(
  machine: number,
  hugetlbPages: number,
  overcommit: number,
  isCold: boolean,
  features: number,
): number;
export declare function endProcess(system: number, asid: number): void;
export declare function flushObject(system: number, object: number): void;
export declare function forkSpace(system: number, asid: number): number;
export declare function logFaults(system: number, wanted: boolean): number;
export declare function loggedFault(system: number, index: number): number;
export declare function loggedFaults(system: number): number;
export declare function measureRegion(system: number, asid: number, region: number, into: number): void;
export declare function nextPage(system: number, asid: number, from: bigint, end: bigint): bigint;
export declare function pageAt(system: number, asid: number, address: bigint, into: number): void;
export declare function punchObject(system: number, object: number, from: bigint, bytes: bigint): void;
export declare function readObject(system: number, object: number, from: bigint, bytes: bigint): void;
export declare function regionAt(system: number, asid: number, index: number): number;
export declare function regionCount(system: number, asid: number): number;
export declare function regionIndex(system: number, asid: number, address: bigint): number;
export declare function releaseObject(system: number, object: number): void;
export declare function objectInode(system: number, object: number): number;
export declare function objectSize(system: number, object: number): bigint;
export declare function resizeObject(system: number, object: number, sizeBytes: bigint): void;
export declare function spaceAt(system: number, asid: number): number;
export declare function swapLogOf(system: number): number;
export declare function systemDefect(system: number): number;
export declare function systemStatus(system: number): number;
export declare function peekBytes(
  system: number,
  asid: number,
  va: bigint,
  count: number,
  into: number,
): number;
export declare function pokeBytes(
  system: number,
  asid: number,
  va: bigint,
  count: number,
  from: number,
): number;
export declare function overwriteBytes(
  system: number,
  asid: number,
  va: bigint,
  count: bigint,
  value: number,
): void;
export declare function touchBatch(system: number, asid: number, records: number, count: number): number;
export declare function writeObject(
  system: number,
  asid: number,
  object: number,
  from: bigint,
  bytes: bigint,
): void;
export declare function chargeAllocated(
  charges: number,
  address: bigint,
  bytes: bigint,
  moved: bigint,
  site: number,
  line: number,
): number;
export declare function chargeFreed(charges: number, address: bigint): bigint;
export declare function chargeExclude(charges: number, from: bigint, to: bigint): number;
export declare function chargeInclude(charges: number, from: bigint): void;
export declare function chargeGroup(charges: number, kind: number, index: number): number;
export declare function chargeGroups(charges: number, kind: number): number;
export declare function createCharges(): number;
export declare function droppedReferences(charges: number): bigint;
export declare function settleCharges(charges: number): void;
export declare function touchCharged(
  system: number,
  asid: number,
  charges: number,
  records: number,
  count: number,
  from: bigint,
  to: bigint,
): number;
