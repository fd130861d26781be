/**
 * The editor of call logs: CodeMirror in a shadow root. There its styles are constructed sheets, which the page's
 * content security policy allows; elements of style it does not.
 */
import { completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { lintKeymap } from "@codemirror/lint";
import { EditorState, Transaction } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  type ViewUpdate,
} from "@codemirror/view";
import type { LoggedCall } from "../../engine/outline.js";
import type { ProcessRun } from "../../engine/process.js";
import { completion } from "./completion.js";
import { hover } from "./hover.js";
import { callLog } from "./language.js";
import { runMarks, showCalls, showCurrent, showMarked } from "./run-marks.js";
import { theme } from "./theme.js";

interface Listeners {
  /** The reader has changed the text. */
  readonly onEdit: (text: string, line: number) => void;
  /** The reader has moved the cursor to another line. */
  readonly onLine: (line: number) => void;
  /** The calls of these lines, of a run. */
  readonly callsIn: (run: ProcessRun, first: number, last: number) => Promise<readonly LoggedCall[]>;
}

export class LogEditor {
  private readonly view: EditorView;
  /** The run of the text; undefined after an edit. */
  private run: ProcessRun | undefined;

  constructor(
    parent: HTMLElement,
    text: string,
    private readonly listeners: Listeners,
  ) {
    const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open" });
    const extensions = [
      lineNumbers(),
      runMarks,
      history(),
      drawSelection(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      callLog,
      completion,
      hover,
      theme,
      // Tab leaves the editor, as keyboard users need it.
      keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, ...lintKeymap]),
      EditorView.contentAttributes.of({ "aria-label": "Call log", tabindex: "0", spellcheck: "false" }),
      EditorView.updateListener.of((update) => this.hear(update)),
    ];
    this.view = new EditorView({ state: EditorState.create({ doc: text, extensions }), parent: root, root });
  }

  private hear({ docChanged, viewportChanged, selectionSet, transactions, state, startState }: ViewUpdate) {
    if (docChanged) this.run = undefined;
    else if (viewportChanged) this.fill();
    const { listeners } = this;
    // The page's own changes are no events of the reader.
    const isReaders = transactions.some((one) => one.annotation(Transaction.userEvent) !== undefined);
    if (!isReaders) return;
    const line = state.doc.lineAt(state.selection.main.head).number;
    if (docChanged) listeners.onEdit(state.doc.toString(), line);
    else if (selectionSet && line !== startState.doc.lineAt(startState.selection.main.head).number) {
      listeners.onLine(line);
    }
  }

  /** Replaces the text, as another log. */
  take(text: string): void {
    const { doc } = this.view.state;
    if (doc.toString() === text) return;
    this.view.dispatch({ changes: { from: 0, to: doc.length, insert: text }, selection: { anchor: 0 } });
  }

  /** Shows the run if it is of the text that is in the editor. */
  showRun(run: ProcessRun, text: string): void {
    if (this.view.state.doc.toString() !== text) return;
    this.run = run;
    showMarked(this.view, run);
    this.fill();
  }

  /** Shows the answers of the lines that are drawn. */
  private async fill(): Promise<void> {
    const { run, view } = this;
    if (run === undefined) return;
    const { doc } = view.state;
    const [first, last] = [doc.lineAt(view.viewport.from).number, doc.lineAt(view.viewport.to).number];
    const calls = await this.listeners.callsIn(run, first, last);
    if (this.run === run) showCalls(view, calls);
  }

  showCurrent(line: number | undefined): void {
    showCurrent(this.view, line);
  }

  close(): void {
    this.run = undefined;
    this.view.destroy();
  }
}
