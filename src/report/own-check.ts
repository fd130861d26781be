/** What `policy check` and `allocator check` print: a line for each claim, and under a broken one a short case of it. */
import type { PolicyFault, PolicyVerdict } from "../compare/own/check.js";
import type { AllocatorFault, AllocatorVerdict } from "../heap/own/check.js";
import type { AllocatorCall } from "../heap/own/claims.js";
import { formatCounted } from "./numbers.js";
import type { Style } from "./style.js";

const INDENT = " ".repeat(10);

interface Judged {
  claim: string;
  /** What is wrong, and the case; undefined where the claim holds. */
  broken: readonly string[] | undefined;
}

export function policyCheckText(file: string, { policy, claims }: PolicyVerdict, style: Style): string {
  const judged = claims.map(({ claim, fault }) => ({ claim, broken: fault && requestsOf(fault) }));
  return checkText(`${style.title(file)}  ${policy}`, judged, style);
}

export function allocatorCheckText(
  file: string,
  { allocator, claims }: AllocatorVerdict,
  style: Style,
): string {
  const judged = claims.map(({ claim, fault }) => ({ claim, broken: fault && callsOf(fault) }));
  return checkText(`${style.title(file)}  ${allocator}`, judged, style);
}

function checkText(title: string, claims: readonly Judged[], style: Style): string {
  const lines = claims.flatMap(({ claim, broken }) => {
    if (broken === undefined) return [`  holds   ${claim}`];
    return [style.warn(`  broken  ${claim}`), ...broken.map((line) => INDENT + line)];
  });
  const count = claims.filter(({ broken }) => broken !== undefined).length;
  const more = count > 0 && claims.length === 1 ? "; the others build on it and were not tried" : "";
  const verdict =
    count === 0 ? `all ${claims.length} claims hold` : `${formatCounted(count, "claim")} broken${more}`;
  return `${[title, ...lines, "", style.dim(verdict)].join("\n")}\n`;
}

function requestsOf({ problem, place, frames, requests }: PolicyFault): string[] {
  const pages = requests.map(({ page, kind }) => (kind === "load" ? `${page}` : `${page} (${kind})`));
  return [
    problemOf(problem, place),
    `with ${formatCounted(frames, "frame")}, requests for pages ${pages.join(", ")}`,
  ];
}

/** The calls as a program in C has them. */
function callsOf({ problem, place, calls }: AllocatorFault): string[] {
  return [problemOf(problem, place), ...calls.map((call, n) => `${n}  ${inC(call)}`)];
}

function inC(call: AllocatorCall): string {
  const block = `b${call.block}`;
  switch (call.call) {
    case "malloc":
      return `${block} = malloc(${call.bytes})`;
    case "calloc":
      return `${block} = calloc(${call.count}, ${call.bytes})`;
    case "memalign":
      return `${block} = memalign(${call.alignment}, ${call.bytes})`;
    case "realloc":
      return `${block} = realloc(${block}, ${call.bytes})`;
    case "free":
      return `free(${block})`;
  }
}

function problemOf(problem: string, place: string | undefined): string {
  return place === undefined ? problem : `${place}: ${problem}`;
}
