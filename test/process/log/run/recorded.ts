/** Programs recorded by QEMU with their calls, and the check of what `run` makes of them. */
import { join } from "node:path";
import { expect } from "vitest";
import { openTrace } from "#pagewalk/index.js";
import { runLog } from "#pagewalk/process/log/run/log.js";
import { recordTrace } from "#pagewalk/trace/record/record.node.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";

export interface Recorded {
  readonly path: string;
  readonly maps: string;
  /** The lines of its calls. */
  readonly calls: readonly string[];
}

/** Records into a file of the folder. */
export async function record(
  folder: string,
  command: readonly string[],
  options: Parameters<typeof recordTrace>[2] = {},
): Promise<Recorded> {
  const path = join(folder, "recorded.pagewalk");
  await recordTrace(command, path, { with: "qemu", calls: true, programOutput: "ignore", ...options });
  const reader = await (await openTrace(path)).read(await Kernel.create());
  const calls: string[] = [];
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next())
    calls.push(...batch.calls.filter((call) => !/\] sched_switch\(|^\[pid \d+\]\s*$/.test(call)));
  const maps = String(reader.metadata?.maps);
  await reader.close();
  return { path, maps, calls };
}

/** Every result is the recorded one, and every reference finds its page: signals are those of the recording alone. */
export async function mustAgree({ path }: Recorded, least = 5): ReturnType<typeof runLog> {
  const result = await runLog(path, { verify: true });
  const { firstMismatch, stopped, checked, system } = result;
  const signals = result.signals.filter(({ call }) => !call.startsWith("--- "));
  expect({ firstMismatch, signals, stopped }).toEqual({
    firstMismatch: undefined,
    signals: [],
    stopped: undefined,
  });
  expect(checked).toBeGreaterThan(least);
  expect(system.isValid()).toBe(true);
  return result;
}
