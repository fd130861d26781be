/** The results of a run in the editor: answers in the gutter behind the lines, the current line, faults in place. */
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import {
  type EditorState,
  type Extension,
  RangeSet,
  RangeSetBuilder,
  StateEffect,
  StateField,
  type Text,
} from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, gutter } from "@codemirror/view";
import type { LoggedCall } from "../../engine/outline.js";
import type { ProcessRun } from "../../engine/process.js";
import { effectsOf, resultOf } from "../words.js";

/** Calls of the lines that are drawn. */
const setCalls = StateEffect.define<readonly LoggedCall[]>();
const setCurrent = StateEffect.define<number | undefined>();

class AnswerMarker extends GutterMarker {
  constructor(readonly call: LoggedCall) {
    super();
  }

  override eq(other: AnswerMarker): boolean {
    return this.call === other.call;
  }

  override toDOM(): Node {
    const { answered, signal, minor, major } = this.call;
    const element = document.createElement("span");
    const isWrong = answered?.matched === false;
    element.className = `answer${isWrong ? " differs" : ""}${signal === undefined ? "" : " signal"}`;
    const faults = minor + major === 0 ? "" : ` ${"•".repeat(Math.min(3, minor + major))}`;
    element.textContent = `${isWrong ? "≠ " : ""}${resultOf(this.call)}${faults}`;
    element.title = effectsOf(this.call);
    return element;
  }
}

const answers = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(markers, { changes, effects, state }) {
    const found = effects.find((effect) => effect.is(setCalls));
    return found === undefined
      ? markers.map(changes)
      : markersOf(found.value as readonly LoggedCall[], state.doc);
  },
});

function markersOf(calls: readonly LoggedCall[], doc: Text): RangeSet<GutterMarker> {
  const builder = new RangeSetBuilder<GutterMarker>();
  const byLine = [...calls].sort((one, other) => one.line - other.line);
  for (const call of byLine) {
    if (call.line > doc.lines) break;
    const { from } = doc.line(call.line);
    builder.add(from, from, new AnswerMarker(call));
  }
  return builder.finish();
}

const current = StateField.define({
  create: () => Decoration.none,
  update(marks, { changes, effects, state }) {
    const found = effects.find((effect) => effect.is(setCurrent));
    if (found === undefined) return marks.map(changes);
    const line = found.value as number | undefined;
    if (line === undefined || line > state.doc.lines) return Decoration.none;
    return Decoration.set(Decoration.line({ class: "cm-current" }).range(state.doc.line(line).from));
  },
  provide: (field) => EditorView.decorations.from(field),
});

export const runMarks: Extension = [
  answers,
  current,
  lintGutter(),
  gutter({ class: "cm-answers", side: "after", markers: (view) => view.state.field(answers) }),
];

/** Shows the answers of calls of the text that the editor has. */
export function showCalls(view: EditorView, calls: readonly LoggedCall[]): void {
  view.dispatch({ effects: setCalls.of(calls) });
}

/** Marks the lines of a run at which something is to be said. */
export function showMarked(view: EditorView, run: ProcessRun): void {
  view.dispatch(setDiagnostics(view.state, diagnosticsOf(run, view.state)));
}

/** The call of the line at a place, if its answer is shown. */
export function callAt(state: EditorState, place: number): LoggedCall | undefined {
  const { from } = state.doc.lineAt(place);
  let found: LoggedCall | undefined;
  state.field(answers).between(from, from, (_, __, marker) => {
    if (marker instanceof AnswerMarker) found = marker.call;
  });
  return found;
}

export function showCurrent(view: EditorView, line: number | undefined): void {
  view.dispatch({ effects: setCurrent.of(line) });
  if (line === undefined || line > view.state.doc.lines) return;
  // The editor alone scrolls, not the page.
  const { top, bottom } = view.lineBlockAt(view.state.doc.line(line).from);
  const { scrollDOM } = view;
  const isSeen = top >= scrollDOM.scrollTop && bottom <= scrollDOM.scrollTop + scrollDOM.clientHeight;
  if (!isSeen) scrollDOM.scrollTop = top - scrollDOM.clientHeight / 2;
}

/** The fault that stopped the run, answers that differ from the log's, and signals. */
function diagnosticsOf({ marked, stopped }: ProcessRun, { doc }: EditorState): Diagnostic[] {
  const found: Diagnostic[] = [];
  const add = (line: number, severity: Diagnostic["severity"], message: string) => {
    if (line < 1 || line > doc.lines) return;
    const { from, to, text } = doc.line(line);
    found.push({ from: from + (text.length - text.trimStart().length), to, severity, message });
  };
  for (const { line, answered, signal } of marked) {
    if (answered?.matched === false) {
      add(line, "warning", `the log has ${answered.recorded}, the answer is ${answered.answer}`);
    }
    if (signal !== undefined) add(line, "info", signal);
  }
  if (stopped !== undefined) add(stopped.line ?? doc.lines, "error", stopped.text);
  return found;
}
