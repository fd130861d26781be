/** The output of `compare --diverge`: for each request, which policy hits or misses, and the pages that each held. */
import type { Difference, Divergence, Held } from "../compare/diverge.js";
import { formatCount, formatCounted } from "./numbers.js";
import type { Style } from "./style.js";

export function divergeText(divergences: readonly Divergence[], style: Style): string {
  return divergences.map((divergence) => sectionOf(divergence, style)).join("\n");
}

function sectionOf(divergence: Divergence, style: Style): string {
  const { trace, policies, frames, requests, complete, differences } = divergence;
  const heading = `${style.title(trace)}  ${policies.join(" and ")} with ${formatCounted(frames, "frame")}`;
  const looked = formatCounted(requests, "request");
  const count = formatCounted(differences.length, "difference");
  const first = differences.length === 1 ? "the first difference" : `the first ${count}`;
  const sum = complete ? `${count} in all ${looked}` : `${first}, in ${looked}`;
  const blocks = differences.map((difference) => blockOf(difference, policies, style));
  return `${[heading, ...blocks.flat(), style.dim(sum)].join("\n")}\n`;
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

function lineOf({ hits, resident, only, pages, victim }: Held, style: Style): string {
  const outcome = hits ? style.best("hits  ") : style.warn("misses");
  const named = only === 0 ? "" : `: ${pages.join(" ")}${only > pages.length ? " …" : ""}`;
  const alone = `holds ${formatCounted(resident, "page")}, ${formatCount(only)} of them alone${named}`;
  return `${outcome}  ${alone}; ${victim === null ? "has room" : `next victim ${victim}`}`;
}
