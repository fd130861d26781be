/** A sheet of exercises as an HTML page to print: the problems, and from a new page on the answers. */
import type { Exercise, ExercisePart } from "../exercise/exercise.js";
import { escapeHtml } from "./escape.js";
import { titleOf } from "./exercise.js";

const LOOK = `
body { font: 11pt/1.4 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
section { break-inside: avoid; margin-bottom: 2rem; }
pre, table, .answer { font-family: ui-monospace, monospace; }
table { border-collapse: collapse; margin: .6rem 0; }
caption { text-align: left; white-space: nowrap; font-family: system-ui, sans-serif; }
th, td { text-align: right; padding: .1rem .7rem; border-bottom: 1px solid #999; }
.blank { display: inline-block; min-width: 9rem; border-bottom: 1px solid currentColor; margin-left: .6rem; }
.answers { break-before: page; border-top: 1px solid #999; padding-top: 1rem; }
.reason { color: #555; }
@media screen and (prefers-color-scheme: dark) { body { background: #111; color: #ddd; } .reason { color: #aaa; } }
`;

export function sheetHtml(sheet: readonly Exercise[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Exercises</title>
<style>${LOOK}</style>
</head>
<body>
<main>
<h1>Exercises</h1>
${sheet.map(problem).join("\n")}
<div class="answers">
<h1>Answers</h1>
${sheet.map(answers).join("\n")}
</div>
</main>
</body>
</html>
`;
}

function problem(exercise: Exercise): string {
  const questions = exercise.questions.map(
    ({ prompt }) => `<li>${escapeHtml(prompt)} <span class="blank">&nbsp;</span></li>`,
  );
  const parts = exercise.parts.map(partHtml).join("\n");
  return `<section>\n<h2>${titleOf(exercise)}</h2>\n${parts}\n<ol>\n${questions.join("\n")}\n</ol>\n</section>`;
}

function partHtml(part: ExercisePart): string {
  if (part.type === "text") return `<p>${escapeHtml(part.text)}</p>`;
  if (part.type === "code") return `<pre>${escapeHtml(part.lines.join("\n"))}</pre>`;
  const cells = (name: "th" | "td", row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${name}>${escapeHtml(cell)}</${name}>`).join("")}</tr>`;
  const rows = part.rows.map((row) => cells("td", row)).join("\n");
  return `<table>\n<caption>${escapeHtml(part.title)}</caption>\n<thead>${cells("th", part.head)}</thead>\n<tbody>\n${rows}\n</tbody>\n</table>`;
}

function answers(exercise: Exercise): string {
  const items = exercise.questions.map(
    ({ prompt, answer, reason }) =>
      `<li>${escapeHtml(prompt)}: <span class="answer">${escapeHtml(answer)}</span><br><span class="reason">${escapeHtml(reason)}</span></li>`,
  );
  return `<section>\n<h2>${titleOf(exercise)}</h2>\n<ol>\n${items.join("\n")}\n</ol>\n</section>`;
}
