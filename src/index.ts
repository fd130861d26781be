/** The public API of Pagewalk, the same in Node and in a browser. */

export { REFERENCE_KINDS } from "../assembly/abi/names.js";
export { type AllocatorInfo, type AllocatorParameter, allocators } from "./allocators/allocators.js";
// compare
export {
  type CompareOptions,
  type CompareProgress,
  type CompareResult,
  type CompareRow,
  compare,
} from "./compare/compare.js";
export {
  type Difference,
  type Divergence,
  type DivergeOptions,
  diverge,
  type PolicyState,
} from "./compare/diverge.js";
export {
  type CompareStep,
  type CompareStepsOptions,
  compareSteps,
  type SteppedRow,
} from "./compare/steps.js";
export { type Configuration, configure } from "./configure.js";
export type { ParameterSpec } from "./custom/definition.js";
export { InputError, OutOfMemoryError, PagewalkError, UsageError } from "./errors.js";
// exercises
export { type AnswerForm, checkAnswer, type ExerciseQuestion } from "./exercise/answer.js";
export type { Exercise, ExerciseInput, ExerciseKind, ExercisePart, MappedPage } from "./exercise/exercise.js";
export { type ExerciseOptions, exercises } from "./exercise/exercises.js";
export type { AllocatorSpec, AllocatorUse } from "./heap/compared.js";
// custom allocators
export {
  type AllocatorFault,
  type CheckAllocatorOptions,
  checkAllocator,
} from "./heap/custom/check.js";
export type { HeapCall } from "./heap/custom/claims.js";
export {
  type AllocatorChunk,
  type AllocatorDefinition,
  type AllocatorFunctions,
  type ChunkState,
  defineAllocator,
} from "./heap/custom/definition.js";
export type { AllocatorMemory } from "./heap/custom/memory.js";
export {
  type HeapOptions,
  type HeapProgress,
  type HeapResult,
  heap,
} from "./heap/heap.js";
export type { HeapMap, HeapMapRow } from "./heap/heap-map.js";
export type { HeapFinding, HeapFindingList, HeapFindings, HeapLeak } from "./heap/log/findings.js";
export {
  type RecordedHeap,
  type RecordHeapOptions,
  type RecordHeapResult,
  recordHeap,
} from "./heap/record.node.js";
export type { HeapRow } from "./heap/rows.js";
export type { CostSummary, HeapEnd, LogOutcome, SurveyOutcome } from "./heap/simulate.js";
export { type HeatBin, type HeatMap, type HeatMapOptions, heatMap } from "./heat/heat.js";
// parts of results
export type { Activity } from "./machine/activity.js";
export * from "./machine/exports.js";
// mrc
export { mrc, reuseDistances, workingSet } from "./mrc/mrc.js";
export type { MrcOptions } from "./mrc/options.js";
export type {
  Curve,
  CurvePoint,
  MrcResult,
  ReuseBucket,
  ReuseResult,
  WorkingSetMoment,
  WorkingSetResult,
  WorkingSetWindow,
} from "./mrc/result.js";
// names that options take
export type {
  AllocatorName,
  ArchitectureName,
  FormatName,
  PolicyName,
  RecorderName,
} from "./options/names.js";
export type { List } from "./options/shapes.js";
export type { PresetName } from "./options/traces.js";
export type { PassOptions, Progress } from "./options/watch.js";
export type { Rows } from "./pass/rows.js";
// custom policies
export type { PolicySpec, PolicyUse } from "./policy/compared.js";
export { type CheckPolicyOptions, checkPolicy, type PolicyFault } from "./policy/custom/check.js";
export type { PageRequest } from "./policy/custom/claims.js";
export {
  definePolicy,
  type PolicyDefinition,
  type PolicyHooks,
  type PolicySetup,
  type RequestKind,
} from "./policy/custom/definition.js";
export { type Page, PageList } from "./policy/custom/page-list.js";
export { type PolicyInfo, type PolicyParameter, policies } from "./policy/policies.js";
export type { Answer, FaultCounts, Signal, Touch } from "./process/answers.js";
// processes
export type { Word } from "./process/arguments.js";
export type { ChargesResult } from "./process/block-charges.js";
export type { CallName } from "./process/calls/ops.js";
export type { LoadTouch } from "./process/calls/references.js";
export type { Costs, CycleCounts } from "./process/costs.js";
export type { FaultDetails, Listener, ProcessEvent } from "./process/events.js";
export type { HeapCounts, HeapView } from "./process/heap/view.js";
export { type LogTextOptions, logText } from "./process/log/parse/text.js";
export type { AnsweredCall, CallList } from "./process/log/run/answer-log.js";
export type { LineFaults } from "./process/log/run/fault-lines.js";
export type { HeapStepList } from "./process/log/run/heap-steps.js";
export { type RunOptions, runLog } from "./process/log/run/log.js";
export type { Mismatch, ProcessResult, RunResult, WrittenText } from "./process/log/run/result.js";
export type { SignalEntry } from "./process/log/run/signal-log.js";
export type { RunProgress } from "./process/log/run/watch.js";
export { type PageView, pagemap } from "./process/proc/pagemap.js";
export { mapsText, smapsText, statusText } from "./process/proc/proc.js";
export type { RegionView } from "./process/proc/regions.js";
export { type StatusView, statusView } from "./process/proc/status.js";
export type { Surroundings } from "./process/proc/surroundings.js";
export type { Process, ProcessThread as Thread } from "./process/process.js";
export { type Layout, type LayoutOptions, layoutOf } from "./process/program/layout.js";
export type { ReadProgram } from "./process/program/programs.js";
export { type ProgramFile, type SpawnOptions, spawn } from "./process/spawn.js";
export type { OpenFile, OpenMode } from "./process/system/open-file.js";
export { System, type SystemOptions, type SystemState } from "./process/system.js";
export type { ThreadOptions } from "./process/thread.js";
export type { NamedRegion, RegionCosts } from "./replay/regions.js";
export type { TlbCounts } from "./replay/replay.js";
export {
  type ReplayOptions,
  type ReplayResult,
  replay,
} from "./replay/replay.js";
// reports
export type { ReportInput, ReportOptions, TraceDetails } from "./report/data.js";
export type { ReportFiles } from "./report/files.js";
export { reportHtml } from "./report/html.js";
export { type Plot, reportPlots } from "./report/plots.js";
export type { Timeline } from "./simulate/timeline.js";
// traces
export { type ConvertOptions, type ConvertResult, convertTrace } from "./trace/convert.js";
export { type GenerateOptions, generateTrace, PATTERN_NAMES, type Pattern } from "./trace/generate.js";
export { type TraceInfo, type TraceInfoOptions, traceInfo } from "./trace/info.js";
export type { Losses } from "./trace/losses.js";
export type { MixturePart, Phase } from "./trace/mixture.js";
export { openTrace } from "./trace/open.js";
export { type ReferenceBatch, readReferences } from "./trace/read.js";
export type { TraceReader } from "./trace/reader.js";
export {
  type RecordedTraceOptions,
  type RecordOptions,
  type RecordResult,
  recordedTrace,
  recordTrace,
} from "./trace/record/record.node.js";
export type { RecordedTrace } from "./trace/record/recorded-trace.node.js";
export { BytesSink, type TraceOutput } from "./trace/sinks.js";
export type { OpenTraceOptions, Trace, TraceDescription, TraceInput } from "./trace/trace.js";
export type { ByteSink } from "./trace/writer.js";
// heaps
export type { ReferenceCounts } from "./wasm/counts.js";
export type { HeapGridMoment, HeapSample } from "./wasm/heap-recorder.js";
export type { HistogramBucket } from "./wasm/histogram.js";
export type { WasmSource } from "./wasm/kernel.js";
export type { ReferenceFilter } from "./wasm/pages.js";
export type { ReferenceColumns } from "./wasm/records.js";
