/** Call logs as a language for the editor: its tokens, and their colours. */
import { HighlightStyle, StreamLanguage, type StringStream, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { tags } from "@lezer/highlight";
import { CONSTANTS, rowOf } from "./words.js";

const language = StreamLanguage.define({
  name: "calls",
  token: tokenOf,
  languageData: { commentTokens: { line: "#" } },
});

function tokenOf(stream: StringStream): string | null {
  if (stream.eatSpace()) return null;
  // A comment begins the line or follows a blank.
  const before = stream.string[stream.pos - 1];
  if ((before === undefined || /\s/.test(before)) && stream.match(/^(#|\/\/).*/)) return "comment";
  if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
  if (stream.match(/^(?:\+\+\+|---|<\.\.\.|<unfinished \.\.\.>|\[pid +\d+\])/)) return "meta";
  if (stream.match(/^-?(?:0x[\da-f]+|\d+)\b/i)) return "number";
  const word = stream.match(/^[A-Za-z_]\w*/) as RegExpMatchArray | null;
  if (word !== null) return wordToken(word[0], stream.peek() === "(");
  stream.next();
  return null;
}

function wordToken(word: string, isCall: boolean): string {
  if (isCall) return rowOf(word) === undefined ? "variableName" : "keyword";
  if (/^(?:SIG|SEGV_|BUS_|SI_|E[A-Z]{2,}$)/.test(word)) return "invalid";
  return CONSTANTS.has(word) || /^(?:NULL|ok)$/.test(word) ? "atom" : "variableName";
}

/** The colours are the page's, so they follow its theme. */
const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--muted)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: tags.number, color: "var(--code-number)" },
  { tag: tags.keyword, color: "var(--code-call)", fontWeight: "600" },
  { tag: tags.atom, color: "var(--code-constant)" },
  { tag: tags.invalid, color: "var(--fault)" },
  { tag: tags.meta, color: "var(--muted)" },
]);

export const callLog: Extension = [language, syntaxHighlighting(colours)];
