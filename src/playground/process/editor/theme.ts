/** The editor in the colours of the page. */
import { EditorView } from "@codemirror/view";

const BOX = { border: "1px solid var(--line)", background: "var(--paper)", color: "var(--text)" };

export const theme = EditorView.theme({
  "&": {
    height: "100%",
    border: "1px solid var(--control)",
    borderRadius: "6px",
    background: "var(--paper)",
    color: "var(--text)",
    fontSize: "13px",
  },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: 'ui-monospace, "Liberation Mono", monospace', lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 28%, transparent)",
  },
  ".cm-gutters": { background: "var(--ground)", color: "var(--muted)", borderColor: "var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "transparent" },
  "&.cm-focused .cm-activeLine, &.cm-focused .cm-activeLineGutter": {
    background: "color-mix(in srgb, var(--accent) 8%, transparent)",
  },
  "& .cm-current, &.cm-focused .cm-current": {
    background: "color-mix(in srgb, var(--accent) 12%, transparent)",
    boxShadow: "inset 3px 0 0 var(--accent)",
  },
  ".cm-answers": { maxWidth: "15em", overflow: "hidden" },
  ".cm-answers .cm-gutterElement": { padding: "0 8px", whiteSpace: "nowrap" },
  ".answer": { display: "block", overflow: "hidden", textOverflow: "ellipsis" },
  ".answer.signal": { color: "var(--fault)" },
  ".answer.differs": { color: "var(--fault)", fontWeight: "600" },
  ".cm-tooltip": { ...BOX, borderRadius: "6px", maxWidth: "min(460px, 90vw)" },
  ".cm-about": { padding: "6px 10px", fontSize: "12px", overflowWrap: "anywhere" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--accent)", color: "var(--paper)" },
  ".cm-completionDetail": { color: "inherit", fontStyle: "normal" },
  ".cm-diagnostic": { color: "var(--text)", overflowWrap: "anywhere" },
  ".cm-panels": BOX,
  "@media (max-width: 560px)": {
    ".cm-answers": { maxWidth: "112px", fontSize: "11px" },
    ".cm-answers .cm-gutterElement": { padding: "0 4px" },
  },
});
