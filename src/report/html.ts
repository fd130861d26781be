/**
 * A result as one self-contained HTML file. Numbers, facts and a table need no script; figures are drawn by the
 * contained script from the contained JSON. The content security policy of the file forbids all fetches, and all other
 * scripts.
 */
import { policyNames } from "../policy/policies.js";
import {
  type ReportData,
  type ReportInput,
  type ReportOptions,
  reportData,
  type TraceReport,
} from "./data.js";
import { escapeHtml, jsonInScript } from "./escape.js";
import { pageFiles } from "./files.js";
import { sectionHtml } from "./section-html.js";

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
  return `<section id="trace-${index}" data-trace="${index}">
${sectionHtml(trace)}
</section>`;
}

function footer({ version }: ReportData): string {
  const made = `Made by Pagewalk${version === undefined ? "" : ` ${escapeHtml(version)}`}.`;
  return `<footer>${made} Figures drawn by Apache ECharts. This file fetches nothing.</footer>`;
}
