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

/** Text that the option's owner reads: a name, a path, a list. `Word` has the names that an editor completes. */
export const text = <Word extends string = string>(value: string, words: readonly string[] = []) =>
  shape(v.string() as v.GenericSchema<unknown> as v.GenericSchema<Word>, value, { words });

/** One of a few words. */
export const choice = <const Words extends readonly string[]>(value: string, words: Words) =>
  shape(v.picklist(words), value, { words });

/** A whole number. */
export const count = (value: string, least: number, most: number) =>
  shape(v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most)), value, {
    parse: parseCount,
  });

/** A number, or text that the option's owner reads. */
export const numberOrText = (value: string) => shape(v.union([v.string(), v.number()]), value);

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
/** A list as an option: text with commas, a number, or an array. */
export type List = string | number | readonly (string | number)[];
const item = v.union([v.string(), v.number()]);
const listSchema = v.union([...item.options, v.array(item)]) as v.GenericSchema<List>;

/** Names, which the option's owner reads: text with commas, or an array. */
export const names = <Name extends string>(value: string) =>
  shape(namesSchema as v.GenericSchema<unknown> as v.GenericSchema<Name | readonly Name[]>, value);
const namesSchema = v.union([v.string(), v.array(v.string())]);

/** Names, or an array of names and definitions in JavaScript. */
export const definitions = <Name extends string, Spec>() =>
  v.custom<Name | readonly Spec[]>(
    (given) => typeof given === "string" || Array.isArray(given),
    "names, or an array of names and definitions",
  );

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
