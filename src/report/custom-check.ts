/**
 * The output of `policy check` and `allocator check`: a line for each claim, followed by a short counterexample if the
 * claim does not hold.
 */

import type { ClaimVerdict } from "../custom/check.js";
import type { Verdict } from "../custom/search.js";
import type { AllocatorVerdict } from "../heap/custom/check.js";
import { callText } from "../heap/custom/claims.js";
import type { PolicyVerdict } from "../policy/custom/check.js";
import { formatCounted } from "./numbers.js";
import type { Style } from "./style.js";

const INDENT = " ".repeat(10);

export function policyCheckText(file: string, { policy, claims }: PolicyVerdict, style: Style): string {
  return checkText(`${style.title(file)}  ${policy}`, claims, style, ({ frames, requests }) => {
    const pages = requests.map(({ page, kind }) => (kind === "load" ? `${page}` : `${page} (${kind})`));
    return [`with ${formatCounted(frames, "frame")}, requests for pages ${pages.join(", ")}`];
  });
}

export function allocatorCheckText(
  file: string,
  { allocator, claims }: AllocatorVerdict,
  style: Style,
): string {
  return checkText(`${style.title(file)}  ${allocator}`, claims, style, ({ calls }) => calls.map(callText));
}

/** `caseOf`: the lines of a short case. */
function checkText<Found extends Verdict>(
  heading: string,
  claims: readonly ClaimVerdict<Found>[],
  style: Style,
  caseOf: (found: Found) => string[],
): string {
  const lines = claims.flatMap(({ claim, fault }) => {
    if (fault === undefined) return [`  holds   ${claim}`];
    const { problem, place } = fault;
    const what = `${place === undefined ? "" : `${place}: `}${problem}`;
    return [style.warn(`  broken  ${claim}`), ...[what, ...caseOf(fault)].map((line) => INDENT + line)];
  });
  const broken = claims.filter(({ fault }) => fault !== undefined).length;
  const more = broken > 0 && claims.length === 1 ? "; the others build on it and were not tried" : "";
  const verdict =
    broken === 0 ? `all ${claims.length} claims hold` : `${formatCounted(broken, "claim")} broken${more}`;
  return `${[heading, ...lines, "", style.dim(verdict)].join("\n")}\n`;
}
