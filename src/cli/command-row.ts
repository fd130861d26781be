/** A row of the table of commands. */
import type { OptionTable } from "../options/row.js";

export interface CommandRow {
  readonly name: string;
  /** One line without a capital and a full stop. */
  readonly summary: string;
  /** Its arguments, such as `<trace>` or `[parts]`, each with a line of help. */
  readonly takes?: Readonly<Record<string, string>>;
  /** Words that completion offers for its arguments; default: files. */
  readonly words?: readonly string[];
  readonly options?: OptionTable;
  /** Paragraphs after the options. */
  readonly details?: string;
  /** Names that the kernel knows, in front of the details. */
  readonly lists?: () => Promise<string>;
  /** Two or three. */
  readonly examples?: readonly string[];
  /** Everything after the first argument belongs to another program. */
  readonly passesThrough?: true;
  /** In the place of a trace it takes `-- COMMAND ARG…`, a program to record; the options have it as `program`. */
  readonly records?: true;
  /** It reads a file, and a program to record has another way: the remedy where one stands behind `--`. */
  readonly recordedBy?: string;
  /** Help does not list it. */
  readonly hidden?: true;
  readonly commands?: readonly CommandRow[];
  readonly load?: () => Promise<Action>;
}

/** Gets what the command takes, then the options. */
// biome-ignore lint/suspicious/noExplicitAny: each command has its own arguments.
export type Action = (...given: any[]) => Promise<void>;
