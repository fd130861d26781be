/** The explanation of the word under the pointer: a call, a constant, an argument, the name of a result, a signal, an error. */
import type { EditorState } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import { effectsOf } from "../words.js";
import { callAround, namesBefore } from "./place.js";
import { callAt } from "./run-marks.js";
import { aboutCall, CONSTANTS, RESULTS, rowOf, signatureOf } from "./words.js";

/** Of a call that has run also what it did. */
export const hover = hoverTooltip(({ state }, pos) => {
  const word = state.wordAt(pos);
  const text = word === null ? "" : state.sliceDoc(word.from, word.to);
  const call = callAt(state, pos);
  const about = [aboutWord(text, state, pos), call && effectsOf(call)].filter((part) => part !== undefined);
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

function paragraph(text: string): HTMLElement {
  const element = document.createElement("div");
  element.textContent = text;
  return element;
}

function aboutWord(word: string, state: EditorState, pos: number): string | undefined {
  if (word === "") return undefined;
  const row = rowOf(word);
  if (row !== undefined) return `${word}${signatureOf(row)} – ${aboutCall(row)}`;
  const value = CONSTANTS.get(word);
  const line = namesBefore(state, pos).get(word);
  const meanings = [
    value === undefined ? undefined : `${word} = 0x${value.toString(16)}`,
    RESULTS.has(word) ? `${word}: ${RESULTS.get(word)}` : undefined,
    line === undefined ? undefined : `${word}: the result of line ${line}`,
    argumentAt(state, pos),
  ];
  return meanings.filter((one) => one !== undefined).join("; ") || undefined;
}

function argumentAt(state: EditorState, pos: number): string | undefined {
  const place = callAround(state, pos);
  const name = place && rowOf(place.call)?.parameters[place.argument]?.name;
  return name === undefined || name === "" ? undefined : `argument ${name} of ${place?.call}`;
}
