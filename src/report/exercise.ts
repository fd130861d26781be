/**
 * Exercises as text: the problem, then a numbered line for each question with its answer or a blank.
 *
 *   1. load 0x1a3f   ?
 *   2. store 0x2004  protection fault
 *      VPN 0x2 has frame 0x5; W is 0: no store is allowed
 */
import type { ExerciseQuestion } from "../exercise/answer.js";
import { type Exercise, type ExercisePart, titleOf } from "../exercise/exercise.js";
import type { Style } from "./style.js";
import { plainTable } from "./table.js";

/** How text is broken into lines, and shown. */
export interface ExerciseLook {
  readonly style: Style;
  wrap(text: string): string;
}

const BLANK = "?";
const INDENT = "  ";

/** A sheet of exercises. `answers`: with the answers and their reasons. */
export async function sheetText(
  sheet: readonly Exercise[],
  answers: boolean,
  look: ExerciseLook,
): Promise<string> {
  const texts = sheet.map(async (exercise) => {
    return `${await problemText(exercise, look)}\n${questionsText(exercise.questions, answers, look.style)}\n`;
  });
  return (await Promise.all(texts)).join("\n");
}

/** The title and the parts of an exercise, without its questions. */
export async function problemText(exercise: Exercise, { style, wrap }: ExerciseLook): Promise<string> {
  const parts = await Promise.all(exercise.parts.map((part) => partText(part, wrap)));
  return [style.title(titleOf(exercise)), ...parts].map((part) => `${part}\n`).join("\n");
}

async function partText(part: ExercisePart, wrap: ExerciseLook["wrap"]): Promise<string> {
  if (part.type === "text") return wrap(part.text);
  if (part.type === "code") return indented(part.lines.join("\n"));
  const table = await plainTable(part.head, part.rows, () => false);
  return `${part.title}\n${indented(table)}`;
}

const indented = (text: string) => text.replaceAll(/^(?=.)/gm, INDENT);

function questionsText(questions: readonly ExerciseQuestion[], answers: boolean, style: Style): string {
  const width = Math.max(...questions.map(({ prompt }) => prompt.length));
  const number = `${questions.length}.`.length;
  return questions
    .map(({ prompt, answer, reason }, n) => {
      const line = `${`${n + 1}.`.padStart(number)} ${prompt.padEnd(width)}  ${answers ? answer : BLANK}`;
      return answers ? `${line}\n${" ".repeat(number + 1)}${style.dim(reason)}` : line;
    })
    .join("\n");
}
