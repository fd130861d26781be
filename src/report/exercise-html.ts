/** A sheet of exercises as an HTML page to print: the problems, and from a new page on the answers. */
import { type Exercise, type ExercisePart, titleOf } from "../exercise/exercise.js";
import { escapeHtml } from "./escape.js";

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

/** The page, with its answers. */
export function pageHtml(sheet: readonly Exercise[]): string {
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
${sheetHtml(sheet, true)}
</main>
</body>
</html>
`;
}

/** The sheet inside a page. */
export function sheetHtml(sheet: readonly Exercise[], isAnswered: boolean): string {
  const problems = `<h1>Exercises</h1>\n${sheet.map(problem).join("\n")}`;
  if (!isAnswered) return problems;
  return `${problems}\n<div class="answers">\n<h1>Answers</h1>\n${sheet.map(answers).join("\n")}\n</div>`;
}

function problem(exercise: Exercise): string {
  const questions = exercise.questions.map(
    ({ prompt }) => `<li>${escapeHtml(prompt)} <span class="blank">&nbsp;</span></li>`,
  );
  return `<section>\n<h2>${titleOf(exercise)}</h2>\n${partsHtml(exercise)}\n<ol>\n${questions.join("\n")}\n</ol>\n</section>`;
}

/** The text, code and tables of a problem. */
export function partsHtml({ parts }: Exercise): string {
  return parts.map(partHtml).join("\n");
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
