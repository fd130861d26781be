/**
 * `exercise --check`: answers from standard input, one per line. A blank line leaves a question without an answer. On a
 * terminal a line that cannot be an answer is asked for again; elsewhere it is an error.
 */
import { createInterface } from "node:readline";
import { EXIT_CHECK_FAILED, InputError, ValueError } from "../errors.js";
import { checkAnswer, type ExerciseQuestion } from "../exercise/answer.js";
import type { Exercise } from "../exercise/exercise.js";
import { type ExerciseLook, problemText } from "../report/exercise.js";
import type { Style } from "../report/style.js";
import { writeJson, writeOut } from "./terminal.js";

const INPUT = "<stdin>";

/** A question with the student's answer; undefined: there is none. */
interface Judged extends ExerciseQuestion {
  readonly given: string | undefined;
  readonly right: boolean;
}

/** Prints verdicts, with the explanations of wrong answers. The exit status is 1 if one is wrong or missing. */
export async function checkSheet(
  sheet: readonly Exercise[],
  look: ExerciseLook,
  json: boolean,
): Promise<void> {
  const lines = new Answers();
  const judged: Judged[][] = [];
  try {
    for (const exercise of sheet) {
      if (!json) writeOut(`${judged.length === 0 ? "" : "\n"}${await problemText(exercise, look)}\n`);
      judged.push(await checkExercise(exercise, lines, json ? undefined : look.style));
    }
    await lines.mustEnd();
  } finally {
    lines.close();
  }
  const all = judged.flat();
  const right = all.filter((one) => one.right).length;
  if (json) {
    const exercises = sheet.map((exercise, n) => ({ ...exercise, questions: judged[n] ?? [] }));
    writeJson({ right, wrong: all.length - right, exercises });
  } else writeOut(`\n${right} of ${all.length} answers are right\n`);
  if (right < all.length) process.exitCode = EXIT_CHECK_FAILED;
}

/** `style`: undefined if nothing is printed. */
async function checkExercise(
  { questions }: Exercise,
  lines: Answers,
  style: Style | undefined,
): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const question of questions) {
    const prompt = `${judged.length + 1}. ${question.prompt}: `;
    const one = await lines.judge(question, prompt);
    judged.push(one);
    if (style !== undefined)
      writeOut(lines.isTerminal ? `   ${verdict(one, style)}` : shown(one, prompt, style));
  }
  return judged;
}

/** A terminal shows question and answer already. */
function shown(judged: Judged, prompt: string, style: Style): string {
  return `${prompt}${judged.given ?? "no answer"}, ${verdict(judged, style)}`;
}

function verdict({ right, answer, reason }: Judged, style: Style): string {
  return right ? `${style.best("right")}\n` : `${style.warn("wrong")}: ${answer}\n   ${style.dim(reason)}\n`;
}

/** The lines of standard input. */
class Answers {
  readonly isTerminal = process.stdin.isTTY === true;
  private readonly reader = createInterface({ input: process.stdin });
  private readonly lines = this.reader[Symbol.asyncIterator]();
  private line = 0;
  private questions = 0;

  async judge(question: ExerciseQuestion, prompt: string): Promise<Judged> {
    this.questions++;
    if (this.isTerminal) writeOut(prompt);
    for (;;) {
      const given = (await this.next())?.trim() || undefined;
      if (given === undefined) return { ...question, given, right: false };
      try {
        return { ...question, given, right: checkAnswer(question, given) };
      } catch (error) {
        if (!(error instanceof ValueError)) throw error;
        if (!this.isTerminal) throw new InputError(error.problem, error.remedy, `${INPUT}:${this.line}`);
        writeOut(`   ${error.message}\n${prompt}`);
      }
    }
  }

  /** Throws `InputError` if there are more answers than questions. On a terminal nothing more is read. */
  async mustEnd(): Promise<void> {
    if (this.isTerminal) return;
    for (let line = await this.next(); line !== undefined; line = await this.next()) {
      if (line.trim() === "") continue;
      const problem = `there are more answers than the ${this.questions} questions`;
      throw new InputError(problem, "give one answer per line", `${INPUT}:${this.line}`);
    }
  }

  close(): void {
    this.reader.close();
  }

  private async next(): Promise<string | undefined> {
    const { value, done } = await this.lines.next();
    if (done === true) return undefined;
    this.line++;
    return value;
  }
}
