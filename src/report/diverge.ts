/** The output of `compare --diverge`: for each request, which policy hits or misses, and the pages that each held. */
import type { Difference, Divergence, PolicyState } from "../compare/diverge.js";
import type { TraceDescription } from "../trace/trace.js";
import { formatCount, formatCounted } from "./numbers.js";
import { headingLines } from "./reading.js";
import type { Style } from "./style.js";

/** `reading`: how the trace was read. */
export function divergeText(
  divergences: readonly Divergence[],
  reading: TraceDescription,
  style: Style,
  width: number,
): string {
  return divergences.map((divergence) => sectionOf(divergence, reading, style, width)).join("\n");
}

function sectionOf(divergence: Divergence, reading: TraceDescription, style: Style, width: number): string {
  const { trace, policies, frames, requests, complete, differences } = divergence;
  const pair = `${policies.join(" and ")} with ${formatCounted(frames, "frame")}`;
  const heading = headingLines(trace, reading, pair, style, width);
  const looked = formatCounted(requests, "request");
  const count = formatCounted(differences.length, "difference");
  const first = differences.length === 1 ? "the first difference" : `the first ${count}`;
  const sum = complete ? `${count} in all ${looked}` : `${first}, in ${looked}`;
  const blocks = differences.map((difference) => blockOf(difference, policies, style));
  return `${[...heading, ...blocks.flat(), style.dim(sum)].join("\n")}\n`;
}

function blockOf(difference: Difference, policies: readonly string[], style: Style): string[] {
  const { request, reference, place, page, address, kind, held } = difference;
  const access = address === undefined ? "" : `${kind} ${address}, `;
  // The heading has the whole path.
  const where = style.dim(`reference ${formatCount(reference)}, ${place.replace(/^.*[/\\]/, "")}`);
  const width = Math.max(...policies.map(({ length }) => length));
  return [
    `request ${formatCount(request)}  ${access}page ${page}  ${where}`,
    ...held.map((one) => `  ${one.policy.padEnd(width)}  ${lineOf(one, style)}`),
  ];
}

function lineOf({ hits, resident, only, pages, victim }: PolicyState, style: Style): string {
  const outcome = hits ? style.best("hits  ") : style.warn("misses");
  const named = only === 0 ? "" : `: ${pages.join(" ")}${only > pages.length ? " …" : ""}`;
  const alone = `holds ${formatCounted(resident, "page")}, ${formatCount(only)} of them alone${named}`;
  return `${outcome}  ${alone}; ${victim === null ? "has room" : `next victim ${victim}`}`;
}
