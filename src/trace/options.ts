/** Options are checked once, by a valibot schema, and unknown ones refused by name. */
import { closest } from "fastest-levenshtein";
import * as v from "valibot";
import { UsageError } from "../errors.js";

/**
 * `options` as the schema says, defaults filled in. `names` are the values that the schema's variants go by, for a
 * suggestion. Throws `UsageError`.
 */
export function validate<Schema extends v.GenericSchema>(
  what: string,
  schema: Schema,
  options: unknown,
  names: readonly string[] = [],
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, options);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const key = v.getDotPath(issue);
  const received = issue.received.replaceAll('"', "");
  if (issue.type === "strict_object") {
    const known = "entries" in schema ? Object.keys(schema.entries as object) : [];
    const remedy = known.length > 0 ? `did you mean "${closest(key ?? "", known)}"?` : "leave it out";
    throw new UsageError(`${what}: unknown option "${key}"`, remedy);
  }
  if (issue.type === "variant" && names.length > 0) {
    const remedy = `did you mean ${closest(received, names)}? There are ${names.join(", ")}`;
    throw new UsageError(`${what}: unknown ${key} "${received}"`, remedy);
  }
  throw new UsageError(`${what}: ${key} cannot be ${received}`, sentence(issue));
}

function sentence(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "min_value") return `it is at least ${issue.requirement}`;
  if (issue.type === "max_value") return `it is at most ${issue.requirement}`;
  if (issue.type === "safe_integer") return "give a whole number";
  return issue.type === "check" ? `it ${issue.message}` : `give a ${issue.expected ?? "different value"}`;
}
