/** Parses `--ulimit stack=8MiB,memlock=8MiB,as=…,data=…`: resource limits in the manner of a shell's ulimit. */
import { RLIMIT_AS, RLIMIT_DATA, RLIMIT_MEMLOCK, RLIMIT_STACK } from "../../../assembly/abi/linux.js";
import { OptionError, readOption, UsageError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { parseSizeOrZero } from "../../units.js";
import { shown } from "../arguments.js";

/** No limit: RLIM_INFINITY. */
export const UNLIMITED = 2n ** 64n - 1n;

/** Bytes, or `UNLIMITED`. */
export interface Limits {
  readonly stack: bigint;
  readonly memlock: bigint;
  readonly as: bigint;
  readonly data: bigint;
}

/** Bytes of a resource by its number, RLIMIT_…. */
export interface ResourceLimit {
  readonly resource: number;
  readonly soft: bigint;
  readonly hard: bigint;
}

const NUMBERS: Readonly<Record<string, number>> = {
  data: RLIMIT_DATA,
  stack: RLIMIT_STACK,
  memlock: RLIMIT_MEMLOCK,
  as: RLIMIT_AS,
};
/** The limits that children inherit. */
export const MEMORY_RESOURCES: readonly number[] = Object.values(NUMBERS);

/** The defaults of most systems. */
const USUAL: Limits = { stack: 8n << 20n, memlock: 8n << 20n, as: UNLIMITED, data: UNLIMITED };

/** Limits by name; `memlock` keeps its value if it is not named. Throws `UsageError`. */
export function parseLimits(text: string, memlock = USUAL.memlock): Limits {
  const limits: Record<keyof Limits, bigint> = { ...USUAL, memlock };
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const [, name = "", value = ""] = /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    if (value === "") throw OptionError.at("ulimit", `"${part}" is not a limit`, "write it as stack=8MiB");
    if (!Object.hasOwn(limits, name)) {
      throw OptionError.at(
        "ulimit",
        `unknown limit "${name}"`,
        `did you mean ${nearest(name, Object.keys(limits))}?`,
      );
    }
    limits[name as keyof Limits] =
      value === "unlimited" ? UNLIMITED : BigInt(readOption("ulimit", () => parseSizeOrZero(value)));
  }
  return limits;
}

/** Throws `UsageError`. */
export function resourceNumber(resource: string): number {
  const number: unknown = NUMBERS[resource];
  if (typeof number === "number") return number;
  throw new UsageError(`unknown resource ${shown(resource)}`, `there are ${Object.keys(NUMBERS).join(", ")}`);
}
