/** Where a place in a log is: in the arguments of a call, behind the name of a result. */
import type { EditorState } from "@codemirror/state";

/** Text before the place that is in the brackets of a call. */
const IN_CALL = /\b([A-Za-z_]\w*)\(([^()]*)$/;
/** `p = malloc(40)`; strace writes the process before the call. */
const RESULT = /^\s*(?:\[pid +\d+\] )?([A-Za-z_]\w*)\s*=\s*\w+\(/gm;

export interface CallPlace {
  readonly call: string;
  /** The number of the argument, from 0. */
  readonly argument: number;
}

/** Undefined: the place is not in the arguments of a call. */
export function callAround(state: EditorState, place: number): CallPlace | undefined {
  const { from, text } = state.doc.lineAt(place);
  const [, call, given = ""] = IN_CALL.exec(text.slice(0, place - from)) ?? [];
  return call === undefined ? undefined : { call, argument: given.split(",").length - 1 };
}

/** The names that the lines before the place give to results, with the last line that does. */
export function namesBefore({ doc }: EditorState, place: number): ReadonlyMap<string, number> {
  const text = doc.sliceString(0, doc.lineAt(place).from);
  const names = new Map<string, number>();
  for (const { 1: name = "", index, 0: match } of text.matchAll(RESULT)) {
    names.set(name, doc.lineAt(index + match.length).number);
  }
  return names;
}
