/** Processes for tests: on a small machine, with some memory mapped. */
import { type Process, spawn } from "#pagewalk/index.js";
import type { SpawnOptions } from "#pagewalk/process/spawn.js";

export const PAGE = 4096n;

export interface Mapped {
  process: Process;
  /** Maps this number of private, anonymous, writable pages. Returns their address. */
  at: bigint;
}

export async function mapped(pages: number, options: SpawnOptions = {}): Promise<Mapped> {
  const process = await spawn(options);
  const { value } = process.mmap(
    0,
    BigInt(pages) * PAGE,
    "PROT_READ|PROT_WRITE",
    "MAP_PRIVATE|MAP_ANONYMOUS",
  );
  return { process, at: value };
}
