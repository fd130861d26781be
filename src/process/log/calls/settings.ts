/** prctl(2): the setting of a process that has a bearing on its memory, transparent huge pages. */
import { SPACE_THP, THP_ADVISED, THP_BY_SETTING, THP_DISABLED } from "../../../../assembly/abi/process.js";
import { firstNameOf, numberOf } from "../parse/argument.js";
import type { Call, Context, Outcome } from "./call.js";
import { failed, plain } from "./outcomes.js";

const PR_SET_THP_DISABLE = 41n;
const PR_GET_THP_DISABLE = 42n;
/** PR_THP_DISABLE_EXCEPT_ADVISED, since 6.18. */
const EXCEPT_ADVISED = 2n;
const OPTIONS: Readonly<Record<string, bigint>> = { PR_SET_THP_DISABLE, PR_GET_THP_DISABLE };

export function prctl({ process: { space } }: Context, call: Call): Outcome | undefined {
  const [option, ...rest] = call.args;
  const [first = 0n, flags = 0n, ...others] = rest.map((argument) => numberOf(argument) ?? 0n);
  const operation = OPTIONS[firstNameOf(option) ?? ""] ?? numberOf(option);
  const isZero = others.every((value) => value === 0n);
  if (operation === PR_GET_THP_DISABLE) {
    if (first !== 0n || flags !== 0n || !isZero) return failed(call, "EINVAL");
    return plain(call, [], space.field(SPACE_THP));
  }
  if (operation !== PR_SET_THP_DISABLE) return undefined;
  const isKnown = flags === 0n || (flags === EXCEPT_ADVISED && first !== 0n);
  if (!isZero || !isKnown) return failed(call, "EINVAL");
  const disabled = flags === 0n ? THP_DISABLED : THP_ADVISED;
  space.kernel.setField(SPACE_THP, BigInt(first === 0n ? THP_BY_SETTING : disabled));
  return plain(call, [], 0n);
}
