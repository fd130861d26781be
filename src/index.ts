/** The public API of Pagewalk, the same in Node and in a browser. */
export { InputError, OutOfMemoryError, PagewalkError, UsageError } from "./errors.js";
// traces
export { type ConvertOptions, type ConvertResult, convertTrace } from "./trace/convert.js";
export { type GenerateOptions, generateTrace, PATTERN_NAMES, type Pattern } from "./trace/generate.js";
export { type TraceInfo, type TraceInfoOptions, traceInfo } from "./trace/info.js";
export { openTrace } from "./trace/open.js";
export { type RecordOptions, type RecordResult, recordTrace } from "./trace/record.js";
export { BytesSink, type TraceOutput } from "./trace/sinks.js";
export type { OpenTraceOptions, ReferenceCounts, Trace, TraceInput, TraceReader } from "./trace/trace.js";
export type { ByteSink } from "./trace/writer.js";
export { useWasm, type WasmSource } from "./wasm/kernel.js";
