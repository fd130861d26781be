/**
 * Settings of the machine and the program in the header comments of a recorded heap log.
 *
 *   # pagewalk heap log
 *   # allocator glibc 2.36
 *   # GLIBC_TUNABLES=glibc.malloc.tcache_count=3
 *   # cores 4
 */

export interface Setting {
  readonly name: "heap log" | "allocator" | "GLIBC_TUNABLES" | "cores";
  readonly value: string;
}

const SETTING = /^# ?(?:(pagewalk heap log)$|(allocator|cores) +(\S.*)$|GLIBC_TUNABLES=(.*)$)/;

/** Undefined for any other comment. */
export function settingOf(comment: string): Setting | undefined {
  const [found, heading, name, value = "", tunables = ""] = SETTING.exec(comment) ?? [];
  if (found === undefined) return undefined;
  if (heading !== undefined) return { name: "heap log", value: "" };
  if (name === "allocator") return { name, value };
  if (name !== "cores") return { name: "GLIBC_TUNABLES", value: tunables };
  return /^[1-9]\d{0,5}$/.test(value) ? { name, value } : undefined;
}
