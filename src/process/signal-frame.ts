/**
 * Stores the frame that the kernel puts on a thread's stack before a handler runs: registers, floating-point state, the
 * signal's data. If it cannot be stored, the signal ends the process even if it has a handler. So after a stack
 * overflow a handler can run only on an alternate stack. From: sigaltstack(2); get_sigframe in
 * arch/x86/kernel/signal.c.
 *
 *   stack pointer ┬ red zone ┬ floating-point state │ ucontext, siginfo, return address ┤ the handler's stack
 *                 └─ what the System V ABI lets a function use below its stack pointer
 */
import { OP_STORE } from "../../assembly/abi/call.js";
import { SPACE_START_STACK } from "../../assembly/abi/process.js";
import type { AddressSpace } from "./space.js";
import type { Thread } from "./thread.js";

/** Handling of a signal. */
export interface Handler {
  /** SA_ONSTACK: run on the thread's alternate stack, if it has one. */
  readonly onAlternateStack: boolean;
  /** The handler ran: the log shows it, even if the model finds no room on the stack. */
  readonly ran: boolean;
}

/** Bytes of the frame: measured on x86-64 with AVX-512, from the kernel's structs elsewhere. */
const FRAME_BYTES: readonly (readonly [arch: RegExp, bytes: bigint])[] = [
  [/^x86-64/, 2952n],
  [/^i386/, 3284n],
  [/^aarch64/, 4704n],
  [/^sv/, 1088n],
];
const RED_ZONE = 128n;

/** Stores the frame of a signal to `thread`; false if there is no room. `number` is the caller's number of the call. */
export function pushFrame(
  { kernel, layout }: AddressSpace,
  { alternateStack, stackPointer, isMain }: Thread,
  { onAlternateStack }: Handler,
  number: number,
): boolean {
  const bytes = FRAME_BYTES.find(([runs]) => runs.test(layout.arch))?.[1] ?? 0n;
  const isAlternate = onAlternateStack && alternateStack !== undefined;
  // A log may not show where the stack of its process is.
  if (!isAlternate && isMain && kernel.field(SPACE_START_STACK) === 0n) return true;
  const redZone = layout.arch.startsWith("x86-64") ? RED_ZONE : 0n;
  const top = isAlternate ? alternateStack.start + alternateStack.bytes : stackPointer - redZone;
  const start = (top - bytes) & ~15n;
  if (isAlternate ? start < alternateStack.start : start < 0n) return false;
  return kernel.run(OP_STORE, [start, top - start], number).signal === undefined;
}
