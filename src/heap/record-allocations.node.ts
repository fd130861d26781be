/** Records a program's references, system calls and allocations in one time line. */
import { type RecordOptions, type RecordResult, recordTrace } from "../trace/record/record.node.js";
import { chooseRecorder } from "../trace/record/recorders.node.js";
import type { TraceOutput } from "../trace/sinks.js";
import { compileWrappers } from "./shim.node.js";

/** Marks the recording: it contains the work of the allocator's calls, and `run` charges references to their blocks. */
export async function recordAllocations(
  command: readonly string[],
  output: TraceOutput,
  options: Omit<RecordOptions, "calls" | "preload"> & { compiler?: string } = {},
): Promise<RecordResult> {
  const { compiler, metadata, ...rest } = options;
  const { temporaryFolder } = await import("../platform/temporary.node.js");
  const { name } = await chooseRecorder({ ...rest, calls: true });
  const folder = await temporaryFolder();
  try {
    const preload = await compileWrappers(folder.path, name, compiler);
    const recorded = { allocations: "recorded", ...metadata };
    return await recordTrace(command, output, {
      ...rest,
      ...{ with: name, calls: true, preload, metadata: recorded },
    });
  } finally {
    await folder.remove();
  }
}
