/** Completion: calls, their constants, the names that the log gives to results. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { aboutCall, CALLS, CONSTANTS, constantsFor, SIGNALS, signatureOf } from "./words.js";

const OF_CALLS: readonly Completion[] = CALLS.map(({ name, row }) => ({
  label: name,
  detail: signatureOf(row),
  info: aboutCall(row),
  type: "function",
  apply: `${name}(`,
}));

const OF_CONSTANTS: readonly Completion[] = [...CONSTANTS.keys()].map((label) => ({
  label,
  type: "constant",
}));

const OF_RESULTS: readonly Completion[] = [...SIGNALS, "ok", "NULL"].map((label) => ({
  label,
  type: "keyword",
}));

/** Text before the cursor that is in the brackets of a call. */
const IN_CALL = /\b([A-Za-z_]\w*)\(([^()]*)$/;
/** After the brackets. */
const IN_RESULT = /\)\s*=\s*[\w ]*$/;

export const completion = autocompletion({ override: [complete], icons: false });

function complete(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/\w*/);
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  if (word === null || /(^|\s)#/.test(before)) return null;
  if (word.from === word.to && !context.explicit) return null;
  return { from: word.from, options: optionsAt(before, context), validFor: /^\w*$/ };
}

function optionsAt(before: string, context: CompletionContext): Completion[] {
  const [, call, given = ""] = IN_CALL.exec(before) ?? [];
  if (call !== undefined) return argumentsOf(call, given.split(",").length - 1, context);
  return IN_RESULT.test(before) ? [...OF_RESULTS] : [...OF_CALLS];
}

/** Those of the argument come first. */
function argumentsOf(call: string, argument: number, context: CompletionContext): Completion[] {
  const family = constantsFor(call, argument);
  const constants = OF_CONSTANTS.map((one) =>
    family !== undefined && one.label.startsWith(family) ? { ...one, boost: 50 } : one,
  );
  return [...namesBefore(context), ...constants, { label: "NULL", type: "keyword" }];
}

/** `p` of `p = malloc(40)` in the lines before. */
function namesBefore({ state, pos }: CompletionContext): Completion[] {
  const text = state.doc.sliceString(0, state.doc.lineAt(pos).from);
  const names = new Set(
    Array.from(text.matchAll(/^\s*([A-Za-z_]\w*)\s*=\s*\w+\(/gm), ([, name = ""]) => name),
  );
  return [...names].map((label) => ({ label, type: "variable", detail: "a result", boost: 20 }));
}
