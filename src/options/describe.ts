/** The text on an option in help and docs, from its row. */
import { flagOf, nameOf, type OptionRow } from "./row.js";

/** `-o, --output`, `--policy, --policies`: the last one is the name. */
export function flagsOf(name: string, { extras: { short, alias } }: OptionRow): string {
  return [...(short ? [`-${short}`] : []), ...(alias ? [`--${alias}`] : []), flagOf(name)].join(", ");
}

/** A default of more characters is shown with blanks, so that help can wrap it. */
const LONG_DEFAULT = 24;

/** One line of plain text: the sentence, the possible words, the default. */
export function helpOf(row: OptionRow): string {
  const { defaultText = "" } = row;
  const words = defaultText.length > LONG_DEFAULT ? defaultText.replaceAll(/,(?=\S)/g, ", ") : defaultText;
  return plain(`${sentenceOf(row)}${words === "" ? "" : ` (default: ${words})`}`);
}

/** A row of a table in Markdown. */
export function docsRowOf(name: string, row: OptionRow): string {
  const { value } = row.shape;
  const [last = "", ...others] = flagsOf(name, row).split(", ").reverse();
  const typed = value === undefined ? last : `${last} ${value.toUpperCase()}`;
  const flags = [...others.reverse(), typed].map((one) => `\`${one}\``).join(", ");
  return `| ${flags} | ${sentenceOf(row)}${docsDefault(row)} |`;
}

/** A docstring of the library's option, in Markdown. */
export function docstringOf(row: OptionRow): string {
  const text = `${sentenceOf(row)}${docsDefault(row)}.`
    .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, "$1 (docs/$2)")
    .replaceAll(/`--no-([\w-]+)`/g, (_, flag: string) => `\`${nameOf(flag)}: false\``)
    .replaceAll(/`--([\w-]+)`/g, (_, flag: string) => `\`${nameOf(flag)}\``)
    .replaceAll(/`([a-z]+) --help`/g, "`pagewalk $1 --help`");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function docsDefault({ defaultText, extras }: OptionRow): string {
  if (defaultText === undefined || defaultText === "") return "";
  return extras.defaultWords === undefined ? `; default \`${defaultText}\`` : `; default: ${defaultText}`;
}

function sentenceOf({ help, shape }: OptionRow): string {
  if (shape.words.length === 0) return help;
  const words = shape.words.map((word) => `\`${word}\``);
  return `${help}: ${words.length === 1 ? words : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`}`;
}

/** Markdown without its signs: links name their file. */
function plain(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, "$1 (docs/$2)").replaceAll("`", "");
}
