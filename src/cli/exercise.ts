/** `exercise [KIND]` */
import { UsageError } from "../errors.js";
import type { Exercise } from "../exercise/exercise.js";
import { type ExerciseOptions, exercises } from "../exercise/exercises.js";
import { nearest } from "../nearest.js";
import { EXERCISE_KINDS, type exerciseCommand, sheetOptions } from "../options/exercise.js";
import { pick, type Values } from "../options/row.js";
import { quote } from "../printable.js";
import { type ExerciseLook, sheetText } from "../report/exercise.js";
import { reflow } from "./help.js";
import { type CommonOptions, outputStyle } from "./options.js";
import { refuseTwoOutputs, writeFile } from "./report.js";
import { helpWidth, writeJson, writeOut } from "./terminal.js";

type Options = CommonOptions & Values<typeof exerciseCommand>;

export async function run(name: string | undefined, options: Options): Promise<void> {
  const kind = kindOf(name);
  const { answers = false, check = false, json = false, report } = options;
  const printsElsewhere = refuseTwoOutputs("exercise", options);
  if (answers && check) {
    throw new UsageError("--answers and --check exclude each other", "leave one of them out", "exercise");
  }
  if (check && report === "-") {
    throw new UsageError(
      "--check and --report - both want standard output",
      "give --report a file",
      "exercise",
    );
  }
  const sheet = await exercises({ ...pick(options, sheetOptions), ...(kind !== undefined && { kind }) });
  if (report !== undefined) await writePage(report, sheet);
  const look: ExerciseLook = { style: await outputStyle(), wrap: (text) => reflow(text, helpWidth()) };
  if (check) await (await import("./exercise-check.js")).checkSheet(sheet, look, json);
  else if (json) writeJson({ exercises: sheet });
  else if (!printsElsewhere) writeOut(await sheetText(sheet, answers, look));
}

function kindOf(name: string | undefined): ExerciseOptions["kind"] {
  const kind = EXERCISE_KINDS.find((one) => one === name);
  if (kind !== undefined || name === undefined) return kind;
  const remedy = `did you mean ${nearest(name, EXERCISE_KINDS)}? There are ${EXERCISE_KINDS.join(", ")}`;
  throw new UsageError(`there is no exercise ${quote(name)}`, remedy, "exercise");
}

async function writePage(path: string, sheet: readonly Exercise[]): Promise<void> {
  const { pageHtml } = await import("../report/exercise-html.js");
  await writeFile(path, pageHtml(sheet));
}
