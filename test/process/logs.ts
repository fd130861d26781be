/** Logs written in tests. */
import { type RunOptions, type RunResult, runLog } from "#pagewalk/index.js";

export function runLines(lines: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return runLog(new TextEncoder().encode(`${lines.join("\n")}\n`), { name: "log", ...options });
}
