/**
 * Questions with one right answer, and the check of what a student wrote.
 *
 *   form      an answer                          also accepted
 *   word      `hit`, `minor fault`               `h`, `MINOR-FAULT`: upper case, hyphens, a beginning that fits one word
 *   address   `0x1a3f`, or one of the words      `0x1A3F`, `0x00001a3f`
 *   number    `24`, or one of the words          `0x18`
 *   set       `1 4 3` in any order, or `none`    `1, 3, 4`
 *   list      `0:16 40:24` in order, or `none`   `0:16, 40:24`
 */
import { ValueError } from "../errors.js";
import { quote } from "../printable.js";

/** The form of an answer: a word, an address or number, or items in any order (`set`) or in this order (`list`). */
export type AnswerForm = "word" | "address" | "number" | "set" | "list";

/** A question with its one right answer. */
export interface ExerciseQuestion {
  /** The question's text: `request 3, page 2`. */
  readonly prompt: string;
  /** The form of its answer. */
  readonly form: AnswerForm;
  /** The words that are answers. */
  readonly choices: readonly string[];
  /** The right answer, as `checkAnswer` takes it. */
  readonly answer: string;
  /** One line: why this is the answer. */
  readonly reason: string;
}

const EMPTY = "none";

/** True if `given` is the answer. Throws `UsageError` for text that cannot be an answer. */
export function checkAnswer(question: ExerciseQuestion, given: string): boolean {
  return plain(question, given) === plain(question, question.answer);
}

/** The items of a set or list as an answer. */
export function itemsText(items: readonly (string | number | bigint)[]): string {
  return items.length === 0 ? EMPTY : items.join(" ");
}

/** The one spelling that equal answers have. */
function plain({ form, choices }: ExerciseQuestion, given: string): string {
  const text = given
    .trim()
    .toLowerCase()
    .replaceAll(/[\s,-]+/g, " ");
  const word = wordOf(text, choices);
  if (word !== undefined) return word;
  const items = text.split(" ");
  if (form === "set" || form === "list") {
    const pattern = form === "set" ? /^(0x[\da-f]+|\d+)$/ : /^\d+:\d+$/;
    if (items.every((item) => pattern.test(item))) return itemsText(form === "set" ? sorted(items) : items);
  } else if (PATTERNS[form]?.test(text)) return BigInt(text).toString();
  throw new ValueError(`${quote(given)} cannot be an answer`, `give ${expected(form, choices)}`);
}

const PATTERNS: Partial<Record<AnswerForm, RegExp>> = {
  address: /^0x[\da-f]+$/,
  number: /^(0x[\da-f]+|\d+)$/,
};

/** The word that `text` is, or the only one that it begins. */
function wordOf(text: string, choices: readonly string[]): string | undefined {
  const words = choices.map((choice) => choice.toLowerCase());
  if (words.includes(text)) return text;
  const begun = text === "" ? [] : words.filter((word) => word.startsWith(text));
  return begun.length === 1 ? begun[0] : undefined;
}

function sorted(items: readonly string[]): string[] {
  const values = new Set(items.map((item) => BigInt(item)));
  return [...values].sort((a, b) => (a < b ? -1 : 1)).map(String);
}

function expected(form: AnswerForm, choices: readonly string[]): string {
  const words = choices.length === 0 ? [] : [choices.join(", ").replace(/, ([^,]*)$/, " or $1")];
  const shapes: Partial<Record<AnswerForm, string>> = {
    address: "an address such as 0x1a3f",
    number: "a number",
    set: "numbers with blanks between them",
    list: "OFFSET:BYTES for each chunk, with blanks between them",
  };
  const shape = shapes[form];
  return [...(shape === undefined ? [] : [shape]), ...words].join(", or ");
}
