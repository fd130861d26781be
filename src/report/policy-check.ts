/** What `policy check` prints: a line for each claim, and under a broken one a short case of it. */
import type { PolicyFault, PolicyVerdict } from "../compare/own/check.js";
import { formatCounted } from "./numbers.js";
import type { Style } from "./style.js";

const INDENT = " ".repeat(10);

export function policyCheckText(file: string, { policy, claims }: PolicyVerdict, style: Style): string {
  const lines = claims.flatMap(({ claim, fault }) => {
    return fault === undefined
      ? [`  holds   ${claim}`]
      : [style.warn(`  broken  ${claim}`), ...caseOf(fault)];
  });
  const broken = claims.filter(({ fault }) => fault !== undefined).length;
  const more = broken > 0 && claims.length === 1 ? "; the others build on it and were not tried" : "";
  const verdict =
    broken === 0 ? `all ${claims.length} claims hold` : `${formatCounted(broken, "claim")} broken${more}`;
  return `${[`${style.title(file)}  ${policy}`, ...lines, "", style.dim(verdict)].join("\n")}\n`;
}

function caseOf({ problem, place, frames, requests }: PolicyFault): string[] {
  const pages = requests.map(({ page, kind }) => (kind === "load" ? `${page}` : `${page} (${kind})`));
  return [
    `${INDENT}${place === undefined ? "" : `${place}: `}${problem}`,
    `${INDENT}with ${formatCounted(frames, "frame")}, requests for pages ${pages.join(", ")}`,
  ];
}
