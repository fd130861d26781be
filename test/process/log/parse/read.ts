/** The results of a reader of call logs for given lines. */
import type { LogEntry } from "#pagewalk/process/log/parse/entry.js";
import { LogReader } from "#pagewalk/process/log/parse/reader.js";

export function read(...lines: string[]): LogEntry[] {
  const reader = new LogReader("log");
  return lines.map((line) => reader.read(line)).filter((entry) => entry !== undefined);
}
