/** Completion: calls, their constants, the names that the log gives to results. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { type CallPlace, callAround, namesBefore } from "./place.js";
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
  const place = callAround(context.state, context.pos);
  if (place !== undefined) return argumentsOf(place, context);
  return IN_RESULT.test(before) ? [...OF_RESULTS] : [...OF_CALLS];
}

/** Those of the argument come first. */
function argumentsOf({ call, argument }: CallPlace, context: CompletionContext): Completion[] {
  const family = constantsFor(call, argument);
  const constants = OF_CONSTANTS.map((one) =>
    family !== undefined && one.label.startsWith(family) ? { ...one, boost: 50 } : one,
  );
  const names = [...namesBefore(context.state, context.pos)].map(([label, line]) => ({
    label,
    type: "variable",
    detail: `the result of line ${line}`,
    boost: 20,
  }));
  return [...names, ...constants, { label: "NULL", type: "keyword" }];
}
