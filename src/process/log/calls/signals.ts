/** Handlers of signals and the stack on which they run. From: sigaction(2), sigaltstack(2). */
import * as linux from "../../../../assembly/abi/linux.js";
import { signalName } from "../../names.js";
import { type Argument, nameOf } from "../parse/argument.js";
import type { Call, Context, Outcome } from "./call.js";
import { answered } from "./outcomes.js";

const SA_ONSTACK = BigInt(linux.SA_ONSTACK);
const SS_DISABLE = BigInt(linux.SS_DISABLE);
const SIG_IGN = BigInt(linux.SIG_IGN);

/** A handler prevents its signal from ending the process. SIG_IGN does not. */
export function setHandler({ process }: Context, call: Call): undefined {
  const [number] = call.args;
  const signal = number?.kind === "number" ? signalName(Number(number.value)) : nameOf(number);
  const [, action] = call.args;
  const handler = action?.kind === "struct" ? field(action, "sa_handler", "sa_sigaction", "0") : action;
  if (signal === undefined || handler === undefined || nameOf(handler) === "NULL") return;
  if (handler.kind === "text") return; // {...}
  if (handler.kind === "number" && handler.value === 0n && action?.kind !== "struct") return;
  if (isNone(handler)) process.handled.delete(signal);
  else process.handle(signal, { alternateStack: isOnAlternateStack(action) });
}

/** SIG_DFL or SIG_IGN, by name or number (strace -X raw). */
function isNone(handler: Argument): boolean {
  if (handler.kind === "number") return handler.value <= SIG_IGN;
  return /^SIG_(DFL|IGN)$/.test(nameOf(handler) ?? "");
}

function isOnAlternateStack(action: Argument | undefined): boolean {
  const flags = action?.kind === "struct" ? field(action, "sa_flags", "2") : undefined;
  if (flags?.kind === "number") return (flags.value & SA_ONSTACK) !== 0n;
  return flags?.kind === "expression" && flags.terms.some(({ value }) => value === "SA_ONSTACK");
}

/** The first of these fields that there is. Before strace 4.11 they have no names: `{0x4005c0, [INT], SA_RESTART}`. */
function field({ fields }: Argument & { kind: "struct" }, ...names: string[]): Argument | undefined {
  return names.map((name) => fields.get(name)).find((value) => value !== undefined);
}

/** The stack for handlers; with SS_DISABLE the normal one. */
export function setAlternateStack(_: Context, call: Call): Outcome | undefined {
  const [stack] = call.args;
  if (stack?.kind !== "struct") return undefined;
  const field = (name: string) => {
    const value = stack.fields.get(name);
    return value?.kind === "number" ? value.value : undefined;
  };
  const [address, bytes] = [field("ss_sp"), field("ss_size")];
  const isOff = nameOf(stack.fields.get("ss_flags")) === "SS_DISABLE" || field("ss_flags") === SS_DISABLE;
  const isDisabled = isOff || address === undefined;
  const answer = isDisabled ? call.thread.sigaltstack() : call.thread.sigaltstack(address, bytes ?? 0n);
  return answered(call, [], answer);
}
