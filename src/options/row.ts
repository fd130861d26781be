/**
 * One option, described once. Its row is the source of three things:
 *
 *   library   name and schema   `pageSize`, checked by `validate`
 *   command   flag and help     `--page-size <size>  bytes of a page (default: 4KiB)`
 *   docs      a line of a table in docs/command.md
 *
 * A table is an object of rows, whose keys are the names. The flag is the name with dashes.
 */

import * as v from "valibot";
import type { Shape } from "./shapes.js";

export interface OptionRow<Schema extends v.GenericSchema = v.GenericSchema> {
  /** The check of the library, with the default. */
  readonly schema: Schema;
  readonly shape: Shape<v.GenericSchema>;
  /** One line of Markdown without a capital and a full stop. */
  readonly help: string;
  /** The default as it is typed, or in words. */
  readonly defaultText: string | undefined;
  readonly extras: Extras;
}

export type OptionTable = Readonly<Record<string, OptionRow>>;

/** Properties of a few options. */
interface Extras {
  /** The default in words, if no single value stands for it. */
  readonly defaultWords?: string;
  /** A second flag, without dashes, of the same meaning. */
  readonly alias?: string;
  /** One letter. */
  readonly short?: string;
  /** `--no-NAME` exists as well. */
  readonly negatable?: true;
  /** The command needs it. */
  readonly required?: true;
  /** The library's option that takes the value, if it has another name. */
  readonly library?: string;
}

type Optional<Schema extends v.GenericSchema> = v.OptionalSchema<Schema, undefined>;
type Defaulted<Schema extends v.GenericSchema, Value extends v.InferInput<Schema>> = v.OptionalSchema<
  Schema,
  Value
>;

/** An option without a default value. */
export function option<Schema extends v.GenericSchema>(
  shape: Shape<Schema>,
  help: string,
  extras: Extras = {},
): OptionRow<Optional<Schema>> {
  return { schema: v.optional(shape.schema), shape, help, defaultText: extras.defaultWords, extras };
}

/** An option with a default value, as the library takes it. */
export function optionOr<Schema extends v.GenericSchema, const Value extends v.InferInput<Schema>>(
  shape: Shape<Schema>,
  value: Value,
  help: string,
  extras: Extras = {},
): OptionRow<Defaulted<Schema, Value>> {
  const schema = v.optional(shape.schema, value) as Defaulted<Schema, Value>;
  return { schema, shape, help, defaultText: extras.defaultWords ?? shape.show(value), extras };
}

type Entries<Table extends OptionTable> = { readonly [Name in keyof Table]: Table[Name]["schema"] };

/** The table as entries of a schema for an object. */
export function entriesOf<Table extends OptionTable>(table: Table): Entries<Table> {
  const entries = Object.entries(table).map(([name, { schema }]) => [name, schema]);
  return Object.fromEntries(entries) as Entries<Table>;
}

/** Values of a table's options, as the library takes them. */
export type Values<Table extends OptionTable> = {
  -readonly [Name in keyof Table]?: Exclude<v.InferInput<Table[Name]["schema"]>, undefined>;
};

/** Those of `options` that are in the table and have a value. */
export function pick<Table extends OptionTable>(options: object, table: Table): Values<Table> {
  const given = Object.entries(options).filter(
    ([name, value]) => Object.hasOwn(table, name) && value !== undefined,
  );
  return Object.fromEntries(given) as Values<Table>;
}

/** `--page-size` for `pageSize`; with a value, `--page-size 4KiB`. */
export function flagOf(name: string, value?: string): string {
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return value === undefined ? flag : `${flag} ${value}`;
}

/** The flag through which a command set the library's option `name`, among those that were `given`. */
export function flagFor(name: string, table: OptionTable, given: object, value?: string): string {
  const through = Object.entries(table).find(
    ([key, { extras }]) => extras.library === name && Object.hasOwn(given, key),
  );
  return flagOf(through?.[0] ?? name, value);
}
