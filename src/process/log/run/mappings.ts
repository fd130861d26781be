/**
 * Which call of the log mapped each page. A region has only the call that made it, though neighbours merge: of two
 * mappings that became one region the region names one, and has the faults of both.
 *
 *   mmap  line 3   ├──────────┤
 *   mmap  line 5              ├──────┤      one region, made by line 3
 *   mapped by      3333333333335555555
 */
import type { ProcessEvent } from "../../events.js";
import type { Process } from "../../process.js";
import type { System } from "../../system.js";

interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  readonly line: number;
}

export class Mappings {
  /** Of each process, in no order: programs have few mappings at a time. An execve makes a process of its own. */
  private readonly known = new WeakMap<Process, Mapping[]>();

  constructor(private readonly system: System) {}

  /** Takes what a process did in the line. */
  take(event: ProcessEvent, line: number): void {
    const process = this.system.processes.get(event.pid);
    if (process === undefined) return;
    const child = event.type === "fork" ? this.system.processes.get(event.child) : undefined;
    if (child !== undefined) this.known.set(child, this.of(process));
    if (event.type !== "call" || event.answer.error !== undefined) return;
    const { name, args, answer } = event;
    const [address = 0n, bytes = 0n, newBytes = 0n] = args.map((one, at) =>
      at === 0 ? one : process.space.pageUp(one),
    );
    if (name === "munmap") this.remove(process, address, address + bytes);
    if (name === "mmap") this.put(process, { start: answer.value, end: answer.value + bytes, line });
    if (name === "mremap") {
      const moved = this.cut(process, address, address + bytes);
      this.remove(process, address, address + bytes);
      this.put(process, { start: answer.value, end: answer.value + newBytes, line });
      const shift = answer.value - address;
      for (const one of moved) {
        const end = least(one.end + shift, answer.value + newBytes);
        this.put(process, { start: one.start + shift, end, line: one.line });
      }
    }
  }

  /** The line of the call that mapped the page; undefined if none of these calls did. */
  at(process: Process, address: bigint): number | undefined {
    return this.of(process).find(({ start, end }) => start <= address && address < end)?.line;
  }

  /** True if the range has pages of mappings of several lines. */
  areSeveral(process: Process, { start, end }: { readonly start: bigint; readonly end: bigint }): boolean {
    return new Set(this.cut(process, start, end).map(({ line }) => line)).size > 1;
  }

  private of(process: Process): Mapping[] {
    return this.known.get(process) ?? [];
  }

  private put(process: Process, mapping: Mapping): void {
    if (mapping.start >= mapping.end) return;
    this.remove(process, mapping.start, mapping.end);
    this.known.set(process, [...this.of(process), mapping]);
  }

  private remove(process: Process, start: bigint, end: bigint): void {
    const kept = this.of(process).flatMap((one) =>
      [
        { ...one, end: least(one.end, start) },
        { ...one, start: most(one.start, end) },
      ].filter((part) => part.start < part.end),
    );
    this.known.set(process, kept);
  }

  /** The parts of mappings in the range. */
  private cut(process: Process, start: bigint, end: bigint): Mapping[] {
    return this.of(process)
      .map((one) => ({ ...one, start: most(one.start, start), end: least(one.end, end) }))
      .filter((part) => part.start < part.end);
  }
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function most(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
