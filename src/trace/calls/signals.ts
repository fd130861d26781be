/** Linux's signals: names, codes, and the lines that strace(1) writes of them. From: signal(7), sigaction(2). */

/** By number from 1. */
export const SIGNAL_NAMES: readonly string[] =
  `HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN
  TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS`
    .split(/\s+/)
    .map((name) => `SIG${name}`);

/** si_code of each signal that has some of its own, numbered from 1: include/uapi/asm-generic/siginfo.h. */
const OWN_CODES: Readonly<Record<string, string>> = {
  SIGILL:
    "ILL_ILLOPC ILL_ILLOPN ILL_ILLADR ILL_ILLTRP ILL_PRVOPC ILL_PRVREG ILL_COPROC ILL_BADSTK ILL_BADIADDR",
  SIGFPE:
    "FPE_INTDIV FPE_INTOVF FPE_FLTDIV FPE_FLTOVF FPE_FLTUND FPE_FLTRES FPE_FLTINV FPE_FLTSUB FPE_CONDTRAP",
  SIGSEGV: `SEGV_MAPERR SEGV_ACCERR SEGV_BNDERR SEGV_PKUERR SEGV_ACCADI SEGV_ADIDERR SEGV_ADIPERR SEGV_MTEAERR
    SEGV_MTESERR SEGV_CPERR`,
  SIGBUS: "BUS_ADRALN BUS_ADRERR BUS_OBJERR BUS_MCEERR_AR BUS_MCEERR_AO",
  SIGTRAP: "TRAP_BRKPT TRAP_TRACE TRAP_BRANCH TRAP_HWBKPT TRAP_UNK TRAP_PERF",
  SIGCHLD: "CLD_EXITED CLD_KILLED CLD_DUMPED CLD_TRAPPED CLD_STOPPED CLD_CONTINUED",
  SIGSYS: "SYS_SECCOMP SYS_USER_DISPATCH",
};
/** si_code of any signal, by number. */
const ANY_CODES: ReadonlyMap<string, number> = new Map([
  ["SI_USER", 0],
  ["SI_KERNEL", 0x80],
  ["SI_QUEUE", -1],
  ["SI_TIMER", -2],
  ["SI_MESGQ", -3],
  ["SI_ASYNCIO", -4],
  ["SI_SIGIO", -5],
  ["SI_TKILL", -6],
  ["SI_DETHREAD", -7],
  ["SI_ASYNCNL", -60],
]);
/** They have the address of an access. */
const FAULTS: ReadonlySet<string> = new Set(["SIGILL", "SIGTRAP", "SIGBUS", "SIGFPE", "SIGSEGV"]);

/** The names of si_code that the signal can have. */
export function codesOf(signal: string): string[] {
  return [...ownCodes(signal), ...ANY_CODES.keys()];
}

function ownCodes(signal: string): string[] {
  return (OWN_CODES[signal] ?? "").split(/\s+/).filter((one) => one !== "");
}

/** The name of a si_code; undefined if it has none. */
export function codeNamed(signal: string, code: number): string | undefined {
  const [any] = [...ANY_CODES].find(([, one]) => one === code) ?? [];
  return any ?? ownCodes(signal)[code - 1];
}

/** A signal as a recorder notes it; without a code no more than the number is known. */
export interface NotedSignal {
  readonly number: number;
  readonly code?: number | undefined;
  /** si_addr of faults; si_status of SIGCHLD. */
  readonly address?: bigint | undefined;
  readonly sender?: number | undefined;
  readonly uid?: number | undefined;
}

/** `--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10} ---` */
export function signalLine({ number, code, address = 0n, sender, uid }: NotedSignal): string {
  const name = signalNamed(number);
  const isFault = FAULTS.has(name) && (code === undefined || code >= 0);
  const fields = [`si_signo=${name}`];
  // A fault's code 0 is not known.
  if (code !== undefined && !(isFault && code === 0 && sender === 0))
    fields.push(`si_code=${codeNamed(name, code) ?? code}`);
  if (isFault && code !== undefined && sender === 0)
    fields.push(`si_addr=${address === 0n ? "NULL" : `0x${address.toString(16)}`}`);
  if (sender !== undefined && sender !== 0) fields.push(`si_pid=${sender}`, `si_uid=${uid ?? 0}`);
  if (name === "SIGCHLD" && code !== undefined && code > 0) fields.push(`si_status=${address}`);
  return `--- ${name} {${fields.join(", ")}} ---`;
}

/** `+++ killed by SIGSEGV +++` */
export function killedLine(number: number): string {
  return `+++ killed by ${signalNamed(number)} +++`;
}

export function signalNamed(number: number): string {
  return SIGNAL_NAMES[number - 1] ?? `SIGRT_${number - SIGNAL_NAMES.length - 1}`;
}
