/** The text of help, wrapped at the width of the terminal. */

/** Words; a list may be broken behind a comma. */
const WORDS = /[^\s,]*,+\s*|[^\s,]+\s*/g;
/** Arguments of a shell, an option together with its value. */
const ARGUMENTS = /(?:-{1,2}\w[\w-]*\s+(?!-))?(?:"[^"]*"|[^\s"])+\s*/g;

/**
 * Paragraphs are reflowed. A line that starts with blanks is kept and wrapped on its own; the lines after it start
 * below its last column of text, which follows two blanks or more.
 */
export function reflow(text: string, width: number): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((block) => (block.includes("\n ") || block.startsWith(" ") ? block : block.replaceAll("\n", " ")))
    .flatMap((block) => [
      ...block.split("\n").flatMap((line) => wrapped(line, WORDS, width, hangingIndent(line))),
      "",
    ])
    .slice(0, -1)
    .join("\n");
}

/** Commands as they are typed, each continued with a backslash where it is too wide. */
export function examplesText(examples: readonly string[], width: number): string {
  const lines = examples.flatMap((example) => {
    const parts = wrapped(`  ${example}`, ARGUMENTS, width - 2, 6);
    return parts.map((part, n) => (n < parts.length - 1 ? `${part} \\` : part));
  });
  return ["Examples:", ...lines].join("\n");
}

function hangingIndent(line: string): number {
  const [lead = ""] = /^\s*(?:\S.*\S\s{2,}(?=\S))?/.exec(line) ?? [];
  return lead.trim() === "" && lead !== "" ? lead.length + 2 : lead.length;
}

/** Lines of at most `width`, broken between the pieces that `pattern` finds; `hang` blanks start all but the first. */
function wrapped(line: string, pattern: RegExp, width: number, hang: number): string[] {
  const [indent = ""] = /^\s*/.exec(line) ?? [];
  const lines: string[] = [];
  let current = indent;
  for (const piece of line.slice(indent.length).match(pattern) ?? [""]) {
    if (current.trim() !== "" && current.length + piece.trimEnd().length > width) {
      lines.push(current.trimEnd());
      current = " ".repeat(hang);
    }
    current += piece;
  }
  return [...lines, current.trimEnd()];
}
