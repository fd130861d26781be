/** An argument of a call as the log has it, and its meanings. */

export type Argument =
  /** `path`: the path of a file descriptor, if the log has it: `3</lib/libc.so>` (strace -y). */
  | { readonly kind: "number"; readonly value: bigint; readonly path?: string }
  /** Symbols or numbers joined by `|`, `+`, `-`, `*` or `<<`, at least one of them a name defined in the log. */
  | { readonly kind: "expression"; readonly terms: readonly Term[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Argument[] }
  | { readonly kind: "struct"; readonly fields: ReadonlyMap<string, Argument> };

export interface Term {
  readonly operator: string;
  readonly value: bigint | string;
}

/**
 * The value of the expression; undefined if a name has no value. Products bind tighter than sums; `|` and `<<` are
 * evaluated from left to right.
 */
export function evaluate(
  terms: readonly Term[],
  named: (name: string) => bigint | undefined,
): bigint | undefined {
  let sum = 0n;
  let product: bigint | undefined;
  let sign = 1n;
  let isJoined = false;
  const settle = () => {
    if (product === undefined) return;
    sum = isJoined ? sum | product : sum + sign * product;
    product = undefined;
  };
  for (const { operator, value } of terms) {
    const number = typeof value === "bigint" ? value : named(value);
    if (number === undefined) return undefined;
    if (product !== undefined && operator === "*") product = BigInt.asUintN(64, product * number);
    else if (product !== undefined && operator === "<<")
      product = number < 64n ? BigInt.asUintN(64, product << number) : 0n;
    else {
      settle();
      product = number;
      sign = operator === "-" ? -1n : 1n;
      isJoined = operator === "|";
    }
  }
  settle();
  return BigInt.asUintN(64, sum);
}

/** The value; a name that is not known counts as 0. Undefined if the argument is not a number. */
export function numberOf(argument: Argument | undefined): bigint | undefined {
  if (argument?.kind === "number") return argument.value;
  return argument?.kind === "expression" ? evaluate(argument.terms, () => 0n) : undefined;
}

/** The value of flags, 0 if there are none. */
export function flagsOf(argument: Argument | undefined): bigint {
  return numberOf(argument) ?? 0n;
}

/** The descriptor, -1 if the argument is none. */
export function descriptorOf(argument: Argument | undefined): number {
  return argument?.kind === "number" ? Number(BigInt.asIntN(32, argument.value)) : -1;
}

/** The path that the log shows for a descriptor (strace -y). */
export function shownPath(argument: Argument | undefined): string | undefined {
  return argument?.kind === "number" ? argument.path : undefined;
}

export function textOf(argument: Argument | undefined): string | undefined {
  return argument?.kind === "text" ? argument.text : undefined;
}

/** The name that the argument consists of, or begins with. */
export function firstNameOf(argument: Argument | undefined): string | undefined {
  return argument?.kind === "expression" ? String(argument.terms[0]?.value) : undefined;
}

/** The name that the argument consists of; undefined if there is more. */
export function nameOf(argument: Argument | undefined): string | undefined {
  return argument?.kind === "expression" && argument.terms.length === 1 ? firstNameOf(argument) : undefined;
}

/** The argument in brackets: `[0x5555555592e0]`. */
export function bracketed(argument: Argument | undefined): Argument | undefined {
  return argument?.kind === "list" ? argument.items[0] : undefined;
}
