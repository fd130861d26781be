/** Shapes of values: the library's check, the command's parser, and the name in help. */
import * as v from "valibot";
import { ValueError } from "../errors.js";
import { parseCount, parseNumber, parseSize, sizeText } from "../units.js";

export interface Shape<Schema extends v.GenericSchema> {
  readonly schema: Schema;
  /** The name of the value in help; undefined for a flag, which has no value. */
  readonly value: string | undefined;
  /** All values, or those that completion offers. */
  readonly words: readonly string[];
  /** Reads an argument of the command. Throws `ValueError`. */
  parse(text: string): unknown;
  /** A value as it is typed. */
  show(value: unknown): string;
}

function shape<Schema extends v.GenericSchema>(
  schema: Schema,
  value: string | undefined,
  more: Partial<Pick<Shape<Schema>, "words" | "parse" | "show">> = {},
): Shape<Schema> {
  return { schema, value, words: [], parse: (text) => text, show: String, ...more };
}

/** True if it is given. */
export const flag = shape(v.boolean(), undefined, { show: () => "" });

/** Text that the option's owner reads: a name, a path, a list. */
export const text = (value: string, words: readonly string[] = []) => shape(v.string(), value, { words });

/** One of a few words. */
export const choice = <const Words extends readonly string[]>(value: string, words: Words) =>
  shape(v.picklist(words), value, { words });

/** A whole number. */
export const count = (value: string, least: number, most: number) =>
  shape(v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most)), value, {
    parse: parseCount,
  });

/** A number with or without decimals. */
export const number = (value: string, least: number, most: number) =>
  shape(v.pipe(v.number(), v.minValue(least), v.maxValue(most)), value, { parse: parseNumber });

/** Bytes: a number, or text such as `64KiB`. The checked value is a number. */
export const size = (value = "size", read: (size: string | number) => number = parseSize) =>
  shape(v.pipe(v.union([v.string(), v.number()]), reading(read)), value, {
    show: (bytes) => sizeText(Number(bytes)).replace(" bytes", ""),
  });

/** Items, which the option's owner reads: text with commas, a number, or an array of these. */
export const list = (value: string) => shape(listSchema, value);
export type List = string | number | readonly (string | number)[];
const item = v.union([v.string(), v.number()]);
const listSchema = v.union([...item.options, v.array(item)]) as v.GenericSchema<List>;

/** Names, which the option's owner reads: text with commas, or an array. */
export const names = (value: string) => shape(namesSchema, value);
type Names = string | readonly string[];
const namesSchema = v.union([v.string(), v.array(v.string())]) as v.GenericSchema<Names>;

/** Names, or an array of names and definitions in JavaScript. */
export const definitions = <Definition>() =>
  v.custom<string | readonly (string | Definition)[]>(
    (given) => typeof given === "string" || Array.isArray(given),
    "names, or an array of names and definitions",
  );

/** A function of the library's caller, which no command takes. */
export const callback = <Callback extends (...args: never[]) => void>() =>
  v.optional(v.custom<Callback>((value) => typeof value === "function", "a function"));

/** Progress, and a signal that stops the work: options of the library. */
export const watchEntries = <Progress>() => ({
  onProgress: callback<(progress: Progress) => void>(),
  signal: v.optional(v.instance(AbortSignal)),
});

/** Reads a value in a schema: a `ValueError` becomes an issue, whose two lines are problem and remedy. */
function reading<Given, Read>(read: (given: Given) => Read) {
  return v.rawTransform<Given, Read>(({ dataset, addIssue, NEVER }) => {
    try {
      return read(dataset.value);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      addIssue({ message: `${error.problem}\n${error.remedy}` });
      return NEVER;
    }
  });
}
