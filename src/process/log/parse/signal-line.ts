/**
 * The lines of strace about signals, in the forms of its versions and of `-X`:
 *
 *   --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---
 *   --- SIGSEGV {si_signo=11 /* SIGSEGV *\/, si_code=0x1 /* SEGV_MAPERR *\/, si_addr=0x10} ---     -X verbose
 *   --- SIGSEGV {si_signo=11, si_code=0x1, si_addr=0x10} ---                                     -X raw
 *   --- {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} (Segmentation fault) ---           4.7
 *   --- SIGSEGV (Segmentation fault) @ 401136 (10) ---                                           before 4.7: code, data
 */
import type { SignalLine } from "./entry.js";
import { codeName } from "./result.js";

const SIGNAL = /^--- (?:(SIG\w+) (.*)|(\{si_signo=(SIG\w+)\b.*))---$/;
const CODE = /\bsi_code=(-?\w+)(?: \/\* (\w+) \*\/)?/;
const ADDRESS = /\bsi_addr=(0x[0-9a-f]{1,16}|NULL)\b/;
const OLD_ADDRESS = /\) @ [0-9a-f]+ \(([0-9a-f]{1,16})\) $/;

/** Undefined if the line has another form. */
export function signalIn(text: string): Pick<SignalLine, "name" | "code" | "address"> | undefined {
  const [found, first, after, whole, second] = SIGNAL.exec(text) ?? [];
  if (found === undefined) return undefined;
  const [name = "", about = ""] = [first ?? second, after ?? whole];
  const [, written, remark] = CODE.exec(about) ?? [];
  const [, address] = ADDRESS.exec(about) ?? [];
  const [, old] = OLD_ADDRESS.exec(about) ?? [];
  const shown = old === undefined ? address?.replace("NULL", "0") : `0x${old}`;
  return {
    name,
    code: remark ?? (written === undefined ? undefined : codeName(name, written)),
    address: shown === undefined ? undefined : BigInt(shown),
  };
}
