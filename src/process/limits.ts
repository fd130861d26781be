/** `--ulimit stack=8MiB,memlock=8MiB,as=…,data=…`: resource limits as a shell's ulimit sets them. */
import { UsageError } from "../errors.js";
import { nearest } from "../nearest.js";
import { parseSize } from "../units.js";

/** A limit that is none: RLIM_INFINITY. */
export const UNLIMITED = 2n ** 64n - 1n;

/** Bytes; `UNLIMITED` without a limit. */
export interface Limits {
  readonly stack: bigint;
  readonly memlock: bigint;
  readonly as: bigint;
  readonly data: bigint;
}

/** What most systems start their programs with. */
const USUAL: Limits = { stack: 8n << 20n, memlock: 8n << 20n, as: UNLIMITED, data: UNLIMITED };

/** Limits by their names; `memlock` is what it is where it is not named. Throws `UsageError`. */
export function parseLimits(text: string, memlock = USUAL.memlock): Limits {
  const limits: Record<keyof Limits, bigint> = { ...USUAL, memlock };
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const [, name = "", value = ""] = /^\s*(\w+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    if (value === "") throw new UsageError(`"${part}" is no limit`, "write it as stack=8MiB", "--ulimit");
    if (!Object.hasOwn(limits, name)) {
      throw new UsageError(
        `unknown limit "${name}"`,
        `did you mean ${nearest(name, Object.keys(limits))}?`,
        "--ulimit",
      );
    }
    limits[name as keyof Limits] =
      value === "unlimited" ? UNLIMITED : value === "0" ? 0n : BigInt(parseSize(value, "--ulimit"));
  }
  return limits;
}
