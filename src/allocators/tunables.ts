/**
 * GLIBC_TUNABLES as parameters of the allocator `glibc`. Names and bounds are those of elf/dl-tunables.list of glibc 2.36;
 * as in glibc, unknown or out-of-bounds settings are ignored.
 */

/** Bounds of a tunable, inclusive; without bounds, every number is accepted. */
const TUNABLES: Readonly<Record<string, readonly [least: bigint, most: bigint]>> = {
  top_pad: [0n, 2n ** 64n - 1n],
  perturb: [0n, 0xffn],
  mmap_threshold: [0n, 2n ** 64n - 1n],
  trim_threshold: [0n, 2n ** 64n - 1n],
  mmap_max: [0n, 2n ** 31n - 1n],
  arena_max: [1n, 2n ** 64n - 1n],
  arena_test: [1n, 2n ** 64n - 1n],
  tcache_max: [0n, 2n ** 64n - 1n],
  tcache_count: [0n, 2n ** 64n - 1n],
  tcache_unsorted_limit: [0n, 2n ** 64n - 1n],
  mxfast: [0n, 2n ** 64n - 1n],
};

const PREFIX = "glibc.malloc.";

/** Environment variables that set a tunable. */
const ALIASES: Readonly<Record<string, string>> = {
  MALLOC_TOP_PAD_: "top_pad",
  MALLOC_PERTURB_: "perturb",
  MALLOC_MMAP_THRESHOLD_: "mmap_threshold",
  MALLOC_TRIM_THRESHOLD_: "trim_threshold",
  MALLOC_MMAP_MAX_: "mmap_max",
  MALLOC_ARENA_MAX: "arena_max",
  MALLOC_ARENA_TEST: "arena_test",
};

/** The parameters that `environment`'s GLIBC_TUNABLES and MALLOC_… variables set; GLIBC_TUNABLES has priority. */
export function tunableParameters(
  environment: Readonly<Record<string, string | undefined>>,
): Map<string, number> {
  const found = new Map<string, number>();
  for (const [variable, name] of Object.entries(ALIASES)) {
    const text = environment[variable];
    if (text !== undefined) take(found, name, text);
  }
  for (const item of (environment.GLIBC_TUNABLES ?? "").split(":")) {
    const [name = "", text = ""] = item.split("=", 2);
    if (name.startsWith(PREFIX)) take(found, name.slice(PREFIX.length), text);
  }
  return found;
}

function take(found: Map<string, number>, name: string, text: string): void {
  const bounds = TUNABLES[name];
  const value = numberOf(text);
  if (bounds === undefined || value < bounds[0] || value > bounds[1]) return;
  // More than any request: the kernel's parameters are doubles.
  found.set(name, Math.min(Number(value), Number.MAX_SAFE_INTEGER));
}

/** Parsed as by _dl_strtoul: decimal, or with 0x or 0 in front, a sign; 0 if there is no number. */
function numberOf(text: string): bigint {
  const [, sign, digits = ""] = /^\s*([+-]?)(0x[0-9a-f]+|\d+)/i.exec(text) ?? [];
  if (digits === "") return 0n;
  const isOctal = /^0[0-7]+$/.test(digits);
  const value = isOctal ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits.replace(/^0+(?=\d)/, ""));
  const bounded = value >= 2n ** 64n ? 2n ** 64n - 1n : value;
  return BigInt.asUintN(64, sign === "-" ? -bounded : bounded);
}
