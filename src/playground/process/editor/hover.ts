/** What the word under the pointer is. */
import { hoverTooltip } from "@codemirror/view";
import { aboutCall, CONSTANTS, rowOf, signatureOf } from "./words.js";

/** `aboutLine`: what the call of a line did. */
export function hover(aboutLine: (line: number) => string | undefined) {
  return hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    const word = view.state.wordAt(pos);
    const text = word === null ? "" : view.state.sliceDoc(word.from, word.to);
    const about = [aboutWord(text), aboutLine(line.number)].filter((part) => part !== undefined);
    if (about.length === 0) return null;
    return {
      pos: word?.from ?? pos,
      end: word?.to ?? pos,
      above: true,
      create: () => {
        const dom = document.createElement("div");
        dom.className = "cm-about";
        dom.append(...about.map(paragraph));
        return { dom };
      },
    };
  });
}

function paragraph(text: string): HTMLElement {
  const element = document.createElement("div");
  element.textContent = text;
  return element;
}

function aboutWord(word: string): string | undefined {
  const row = rowOf(word);
  if (row !== undefined) return `${word}${signatureOf(row)} – ${aboutCall(row)}`;
  const value = CONSTANTS.get(word);
  return value === undefined ? undefined : `${word} = 0x${value.toString(16)}`;
}
