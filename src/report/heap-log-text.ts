/** Findings in a heap log, as text. */
import type { HeapFindings } from "../heap/log/findings.js";
import {
  endOf,
  errorCount,
  errorLines,
  LEAK_HEAD,
  leakRows,
  logNotes,
  type ShownFindings,
} from "./heap-log.js";
import { formatBytes, formatCount, formatCounted } from "./numbers.js";
import type { Style } from "./style.js";
import { plainTable } from "./table.js";

/** The requested findings, section by section; by default none. */
export async function findingsText(
  findings: HeapFindings,
  shown: readonly ShownFindings[],
  style: Style,
  interruptedAt?: number,
): Promise<string> {
  const sections: string[] = [];
  for (const what of shown) {
    sections.push(
      what === "leaks" ? await leaksText(findings.leaks, style, interruptedAt) : errorsText(findings, style),
    );
  }
  return sections.map((section) => `\n${section}\n`).join("");
}

async function leaksText(
  { blocks, bytes, largest }: HeapFindings["leaks"],
  style: Style,
  interruptedAt: number | undefined,
): Promise<string> {
  const heading = `${style.title("leaks")}  ${formatCounted(blocks, "block")}, ${formatBytes(bytes)} not freed ${endOf(interruptedAt)}`;
  if (blocks === 0) return heading;
  const rows = leakRows(largest);
  const table = await plainTable(LEAK_HEAD.map(style.dim), rows, () => false);
  return [heading, table, ...restOf(blocks - rows.length, style)].join("\n");
}

function errorsText(findings: HeapFindings, style: Style): string {
  const count = errorCount(findings);
  const lines = errorLines(findings).map((line) => `  ${line}`);
  const heading = `${style.title("errors")}  ${formatCounted(count, "call")} with a block that is not in use`;
  const rest = restOf(count - lines.length, style);
  return [heading, ...lines, ...rest, ...logNotes(findings).map(style.dim)].join("\n");
}

function restOf(count: number, style: Style): string[] {
  return count <= 0 ? [] : [style.dim(`  and ${formatCount(count)} more; --json has the first 256`)];
}
