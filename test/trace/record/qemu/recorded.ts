/** Programs of this folder, compiled, recorded by QEMU, and read. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { openTrace } from "#pagewalk/trace/open.js";
import { recordTrace } from "#pagewalk/trace/record/record.node.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import type { PlainRecord } from "../../records.js";

const CALL = 4;

/** A reference of the thread that the last turn names. */
export interface ThreadRecord extends PlainRecord {
  readonly thread: string;
}

/** Compiles a program into the folder. Without libc unless `libc` is set. */
export function compile(folder: string, source: string, ...options: string[]): string {
  const program = join(folder, source.replace(/\.\w+$/, ""));
  const path = new URL(`programs/${source}`, import.meta.url).pathname;
  execFileSync("gcc", ["-O1", "-static", "-o", program, path, ...options]);
  return program;
}

/** The addresses of the program's symbols. */
export function symbolsOf(program: string): (name: string) => bigint {
  const lines = execFileSync("nm", [program], { encoding: "utf8" }).split("\n");
  const symbols = new Map(
    lines.map((line) => [line.slice(19), BigInt(`0x${line.slice(0, 16).trim() || "0"}`)]),
  );
  return (name) => symbols.get(name) ?? 0n;
}

export interface Recorded {
  readonly records: ThreadRecord[];
  readonly exitCode: number | undefined;
}

/** Records the command in QEMU. */
export async function recorded(
  folder: string,
  command: readonly string[],
  options: Parameters<typeof recordTrace>[2] = {},
): Promise<Recorded> {
  const out = join(folder, "out.pagewalk");
  const { exitCode } = await recordTrace(command, out, { with: "qemu", programOutput: "ignore", ...options });
  return { records: await read(out), exitCode };
}

/** All references of a file with their threads. */
export async function read(path: string): Promise<ThreadRecord[]> {
  const kernel = await Kernel.create();
  const trace = await openTrace(path);
  const reader = await trace.read(kernel);
  const records: ThreadRecord[] = [];
  let thread = "";
  for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) {
    const view = kernel.view();
    for (let n = 0; n < batch.count; n++) {
      const at = batch.records + n * 16;
      const kind = view.getUint8(at + 12);
      if (kind === CALL) {
        const [, pid] = /^\[pid (\d+)\]/.exec(batch.calls[view.getUint32(at, true)] ?? "") ?? [];
        thread = pid ?? thread;
      } else {
        records.push({
          thread,
          kind,
          address: view.getBigUint64(at, true),
          size: view.getUint32(at + 8, true),
        });
      }
    }
  }
  await reader.close();
  await trace.close();
  return records;
}
