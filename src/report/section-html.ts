/** The part of a report on one trace, as HTML: a summary, facts, a place for each figure, a table. */
import { regionTable } from "./activity-data.js";
import { CHARGE_MEASURES, type ChargesReport } from "./charges-data.js";
import type { TraceReport } from "./data.js";
import { escapeHtml } from "./escape.js";
import { figuresOf } from "./figures/index.js";
import { heapFacts, heapLogCards, heapTableCaption, heapTableHtml } from "./heap-html.js";
import { curveTable, plainTableHtml, tableHtml } from "./html-table.js";
import { formatBytes, formatCount } from "./numbers.js";
import { summaryOf } from "./summary.js";

export function sectionHtml(trace: TraceReport): string {
  const figures = figuresOf(trace).map(
    ({ id, title, caption }) => `<figure data-figure="${id}">
<figcaption><div><h3>${title}</h3><p>${caption}</p></div><div data-tools></div></figcaption>
<div data-chart tabindex="0" role="img" aria-label="${escapeHtml(`${title}: ${trace.name}`)}"></div>
</figure>`,
  );
  const shown = `${trace.heap === undefined ? "Policies" : "Allocators"} shown`;
  return `<h2>${escapeHtml(trace.name)}</h2>
${summary(trace)}
${facts(trace)}
${trace.policies.length > 1 ? `<div class="legend" data-legend role="group" aria-label="${shown}" hidden></div>` : ""}
${figures.join("\n")}
${tableOf(trace)}`;
}

function summary(trace: TraceReport): string {
  const text = summaryOf(trace);
  return text === "" ? "" : `<p class="summary">${escapeHtml(text)}</p>`;
}

function tableOf(trace: TraceReport): string {
  if (trace.heap !== undefined)
    return [
      card("Allocators", heapTableCaption(trace.heap), heapTableHtml(trace.heap, trace.ranking)),
      ...heapLogCards(trace.heap).map(({ title, caption, html }) => card(title, caption, html)),
    ].join("\n");
  if (trace.activity !== undefined || trace.charges !== undefined) return machineTables(trace).join("\n");
  if (trace.rows === undefined)
    return trace.curves.length === 0 ? "" : card("Miss ratios", "", plainTableHtml(curveTable(trace)));
  return card(
    "Miss ratios and misses",
    "* fewest misses of those that do not know the future",
    tableHtml(trace),
  );
}

function machineTables({ activity, charges }: TraceReport): string[] {
  const regions = activity?.regions ?? [];
  return [
    ...(regions.length > 0 ? [card("Regions", "", plainTableHtml(regionTable(regions)))] : []),
    ...(charges?.tables ?? []).map(({ title, rows }) => card(capitalised(title), "", plainTableHtml(rows))),
  ];
}

/** A table that scrolls if the page is narrower. */
function card(title: string, caption: string, table: string): string {
  return `<div class="card"><h3>${title}</h3>${caption === "" ? "" : `<p>${caption}</p>`}
<div class="scroll" tabindex="0" role="region" aria-label="${title}">
${table}
</div></div>`;
}

function facts(trace: TraceReport): string {
  const items = factsOf(trace).map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<dl>${items.join("")}</dl>`;
}

type Fact = [name: string, value: string];

function factsOf(trace: TraceReport): Fact[] {
  const { heap, activity, charges, format, requests, distinctPages, pageSize, only, policies } = trace;
  if (activity !== undefined)
    return [
      ...activity.facts.map(([n, value]): Fact => [n, value]),
      ...(charges ? chargeFacts(charges) : []),
    ];
  if (charges !== undefined) return chargeFacts(charges);
  if (heap !== undefined) return heapFacts(heap);
  const list: [string, string][] = [];
  if (format !== undefined) list.push(["format", format]);
  if (requests !== undefined) list.push(["requests", formatCount(requests)]);
  if (only !== undefined && only !== "all") list.push(["only", only]);
  if (distinctPages !== undefined) {
    const size = pageSize === undefined ? "" : `, ${formatBytes(distinctPages * pageSize)}`;
    list.push(["distinct pages", formatCount(distinctPages) + size]);
  }
  if (pageSize !== undefined) list.push(["page size", formatBytes(pageSize)]);
  list.push(["policies", formatCount(policies.length)]);
  return list;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function chargeFacts({
  allocator,
  total,
  droppedReferences,
}: ChargesReport): [name: string, value: string][] {
  const facts: [name: string, value: string][] = [];
  if (allocator !== undefined) facts.push(["allocator", allocator]);
  for (const measure of CHARGE_MEASURES) facts.push([measure, formatCount(total[measure])]);
  if (droppedReferences > 0)
    facts.push(["the recorded allocator's references, left out", formatCount(droppedReferences)]);
  return facts;
}
