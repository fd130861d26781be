/**
 * A result as one self-contained HTML file. Numbers, facts and a table need no script; figures are drawn by the
 * contained script from the contained JSON. The content security policy of the file forbids all fetches, and all other
 * scripts.
 */
import { policyNames } from "../policy/policies.js";
import { regionTable } from "./activity-data.js";
import { CHARGE_MEASURES, type ChargesReport } from "./charges-data.js";
import {
  type ReportData,
  type ReportInput,
  type ReportOptions,
  reportData,
  type TraceReport,
} from "./data.js";
import { escapeHtml, jsonInScript } from "./escape.js";
import { figuresOf } from "./figures/index.js";
import { pageFiles } from "./files.js";
import { heapFacts, heapLogCards, heapTableCaption, heapTableHtml } from "./heap-html.js";
import { curveTable, plainTableHtml, tableHtml } from "./html-table.js";
import { formatBytes, formatCount } from "./numbers.js";
import { summaryOf } from "./summary.js";

/** The report of a result of `compare`, `mrc`, `heap`, `replay` or `run`. */
export async function reportHtml(result: ReportInput, options: ReportOptions = {}): Promise<string> {
  const data = reportData(result, options, await policyNames());
  const { script, style } = await pageFiles();
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${await policyFor(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Pagewalk">
<title>${escapeHtml(titleOf(data))}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header><h1>${escapeHtml(data.title)}</h1><button type="button" data-theme-button hidden>Theme: auto</button></header>
${introduction(data)}
<main>
${data.traces.map(section).join("\n")}
</main>
<noscript><p>The figures need JavaScript; the numbers do not.</p></noscript>
${footer(data)}
<script type="application/json" id="pagewalk-report">${jsonInScript(data)}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/** The plotting library uses inline styles; they cannot fetch anything. */
async function policyFor(script: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(script));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function titleOf({ title, traces }: ReportData): string {
  return traces.length === 1 ? `${title}: ${traces[0]?.name ?? ""}` : title;
}

function introduction({ command, traces }: ReportData): string {
  const line = command === undefined ? "" : `<p><code>${escapeHtml(command)}</code></p>`;
  if (traces.length < 2) return line;
  const links = traces.map(({ name }, index) => `<li><a href="#trace-${index}">${escapeHtml(name)}</a></li>`);
  return `${line}\n<nav aria-label="Traces"><ul>${links.join("")}</ul></nav>`;
}

function section(trace: TraceReport, index: number): string {
  const figures = figuresOf(trace).map(
    ({ id, title, caption }) => `<figure data-figure="${id}">
<figcaption><div><h3>${title}</h3><p>${caption}</p></div><div data-tools></div></figcaption>
<div data-chart tabindex="0" role="img" aria-label="${escapeHtml(`${title}: ${trace.name}`)}"></div>
</figure>`,
  );
  const shown = `${trace.heap === undefined ? "Policies" : "Allocators"} shown`;
  return `<section id="trace-${index}" data-trace="${index}">
<h2>${escapeHtml(trace.name)}</h2>
${summary(trace)}
${facts(trace)}
${trace.policies.length > 1 ? `<div class="legend" data-legend role="group" aria-label="${shown}" hidden></div>` : ""}
${figures.join("\n")}
${tableOf(trace)}
</section>`;
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

function footer({ version }: ReportData): string {
  const made = `Made by Pagewalk${version === undefined ? "" : ` ${escapeHtml(version)}`}.`;
  return `<footer>${made} Figures drawn by Apache ECharts. This file fetches nothing.</footer>`;
}
