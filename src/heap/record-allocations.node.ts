/** Records a program's references, system calls and allocations in one time line, with valgrind's lackey. */
import { type RecordOptions, type RecordResult, recordTrace } from "../trace/record.node.js";
import type { TraceOutput } from "../trace/sinks.js";
import { compileWrappers } from "./shim.node.js";

/** Marks the recording: it contains the work of the allocator's calls, and `run` charges references to their blocks. */
export async function recordAllocations(
  command: readonly string[],
  output: TraceOutput,
  options: Omit<RecordOptions, "calls" | "preload"> & { compiler?: string } = {},
): Promise<RecordResult> {
  const { compiler, metadata, ...rest } = options;
  const { mkdtemp, rm } = await import("node:fs/promises");
  const { rmSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const { cleanUpOnExit } = await import("../platform/cleanup.node.js");
  const folder = await mkdtemp(join(tmpdir(), "pagewalk-"));
  const cleanup = cleanUpOnExit(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const preload = await compileWrappers(folder, compiler);
    const recorded = { allocations: "recorded", ...metadata };
    return await recordTrace(command, output, { ...rest, calls: true, preload, metadata: recorded });
  } finally {
    await rm(folder, { recursive: true, force: true });
    cleanup.cancel();
  }
}
