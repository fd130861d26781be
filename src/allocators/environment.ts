/** The settings of a recorded heap log: comments at its beginning, and the regions in a file beside it. */

export interface HeapEnvironment {
  /** GLIBC_TUNABLES, as it was set. */
  readonly tunables?: string;
  /** Number of processors available to the program. */
  readonly cores?: number;
  /** Such as `glibc 2.36`. */
  readonly allocator?: string;
  /** The text of /proc/PID/maps at the first allocation. */
  readonly maps?: string;
}

/**
 *   # allocator glibc 2.36
 *   # GLIBC_TUNABLES=glibc.malloc.tcache_count=0
 *   # cores 4
 */
export function readEnvironment(head: Uint8Array): HeapEnvironment {
  let environment: HeapEnvironment = {};
  for (const line of new TextDecoder().decode(head).split(/\r?\n/)) {
    if (!line.startsWith("#")) break;
    const [, key = "", rest = ""] = /^#\s*(allocator|cores|GLIBC_TUNABLES)[ =](.*)$/s.exec(line) ?? [];
    const value = rest.trim();
    if (key === "allocator") environment = { ...environment, allocator: value };
    if (key === "GLIBC_TUNABLES") environment = { ...environment, tunables: value };
    if (key === "cores" && /^\d{1,6}$/.test(value)) environment = { ...environment, cores: Number(value) };
  }
  return environment;
}

/** The same for a `pagewalk` trace: `trace record --heap` stores it in the metadata. */
export function environmentIn(metadata: Readonly<Record<string, unknown>>): HeapEnvironment {
  const { maps, heap } = metadata;
  const { tunables, cores, allocator } = (heap ?? {}) as Readonly<Record<string, unknown>>;
  return {
    ...(typeof tunables === "string" && { tunables }),
    ...(typeof cores === "number" && { cores }),
    ...(typeof allocator === "string" && { allocator }),
    ...(typeof maps === "string" && { maps }),
  };
}
