import fc from "fast-check";
import { expect, test } from "vitest";
import { compare, openTrace, replay, traceInfo } from "#pagewalk/index.js";
import { convertTrace } from "#pagewalk/trace/convert.js";
import { BytesSink } from "#pagewalk/trace/sinks.js";
import { REFERENCE_KINDS } from "../../assembly/abi/names.js";
import { caseCount } from "../build.js";
import { NaiveMachine } from "../engine/machine-model.js";
import { programs, type Reference } from "../engine/records.js";

const open = (lines: readonly string[]) =>
  openTrace(new TextEncoder().encode(`${lines.join("\n")}\n`), { format: "calls" });

/** References of a call log have at most 4096 bytes. */
const short = (reference: Reference) => ({ ...reference, size: Math.min(reference.size, 4096) });
const line = ({ address, size, kind }: Reference) =>
  `${REFERENCE_KINDS[kind]}(0x${address.toString(16)}, ${size})`;

/** Threads 10, 11 and 12 of process 10, and 20 and 21 of process 20. */
const thread = fc.constantFrom([10, 10], [11, 10], [12, 10], [20, 20], [21, 20]);
const turns = fc.array(
  fc.tuple(
    thread,
    programs({ pages: 40, crossing: true }).map((program) => program.map(short)),
  ),
  {
    minLength: 1,
    maxLength: 8,
    size: "max",
  },
);

test("replays threads and processes like a naive machine of several CPUs", async () => {
  const shape = { sets: 2, ways: 2, replacement: "lru" as const };
  const options = { tlb: "l1i=4x2,l1d=4x2,l2=4x2", memory: 40 * 4096, policy: "lru" };
  await fc.assert(
    fc.asyncProperty(turns, fc.integer({ min: 1, max: 4 }), async (program, cpus) => {
      const model = new NaiveMachine([shape, shape, shape], [9, 9, 9, 9], 4096, 40, cpus);
      const threads: number[] = [];
      const spaces: number[] = [];
      const lines: string[] = [];
      for (const [[tid = 0, pid = 0], references] of program) {
        if (!threads.includes(tid)) threads.push(tid);
        if (!spaces.includes(pid)) spaces.push(pid);
        model.turn(threads.indexOf(tid), spaces.indexOf(pid));
        lines.push(`[pid ${tid}] sched_switch(${pid})`, ...references.map(line));
        for (const reference of references) model.refer(reference);
      }
      const result = await replay(await open(lines), { ...options, cpus });
      const counted = ({ lookups, misses }: { lookups: number; misses: number }) => ({
        lookups,
        hits: lookups - misses,
        misses,
      });
      const [l1i, l1d] = ["l1i", "l1d"].map((name, n) =>
        model.cpuTlbs.map((tlbs) => ({ [name]: counted(tlbs[n] ?? { lookups: 0, misses: 0 }) })),
      );
      expect(result.cpus ?? [{ tlb: { l1i: result.tlb.l1i, l1d: result.tlb.l1d } }]).toEqual(
        model.cpuTlbs.map((_, n) => ({ tlb: { ...l1i?.[n], ...l1d?.[n] } })),
      );
      expect(result.tlb.l2).toEqual(counted(model.tlbs[2] ?? { lookups: 0, misses: 0 }));
      const { minor, major } = result.faults;
      expect({ minor, major, ...result.replacement }).toEqual({
        minor: model.minor,
        major: model.major,
        evictions: model.evictions,
        writebacks: model.writebacks,
        swapIns: model.swapIns,
      });
      expect(result.shootdowns).toEqual(
        cpus === 1 ? undefined : { count: model.shootdowns, interrupts: model.interrupts },
      );
    }),
    { numRuns: caseCount(40) },
  );
});

const TWO_PROCESSES = [
  "[pid 10] sched_switch(10)",
  "load(0x400000, 8)",
  "[pid 20] sched_switch(20)",
  "load(0x400000, 8)",
  "[pid 11] sched_switch(10)",
  "load(0x400000, 8)",
];

test("distinguishes the pages of processes, and not those of threads", async () => {
  const trace = await open(TWO_PROCESSES);
  expect((await traceInfo(trace)).distinctPages).toBe(2);
  const { results } = await compare(await open(TWO_PROCESSES), { policies: "lru", frames: 8 });
  expect(results[0]).toMatchObject({ requests: 3, misses: 2 });
  expect((await replay(trace)).trace.distinctPages).toBe(2);
});

test("gives a process a new address space after execve", async () => {
  const lines = ["[pid 10] sched_switch(10)", "load(0x400000, 8)"];
  const failed = [...lines, '[pid 10] execve("/bin/ls", ["ls"], 0x0) = -1 ENOENT', "load(0x400000, 8)"];
  const done = [...lines, '[pid 10] execve("/bin/ls", ["ls"], 0x0) = 0', "load(0x400000, 8)"];
  expect((await replay(await open(failed))).trace.distinctPages).toBe(1);
  expect((await replay(await open(done))).trace.distinctPages).toBe(2);
});

test("counts references before the first prefix as those of another thread", async () => {
  const lines = ["load(0x400000, 8)", "[pid 11] sched_switch(11)", "load(0x400000, 8)"];
  expect((await replay(await open(lines), { cpus: 2 })).cpus?.map(({ tlb }) => tlb.l1d?.lookups)).toEqual([
    1, 1,
  ]);
});

test("has the same result from the blocks of a pagewalk file, and refuses a pipe of them", async () => {
  const sink = new BytesSink();
  await convertTrace(await open(TWO_PROCESSES), sink, { format: "pagewalk" });
  const bytes = sink.bytes;
  const { time: _, ...result } = await replay(await openTrace(bytes), { cpus: 2 });
  const { time: __, ...exact } = await replay(await openTrace(bytes), { cpus: 2, engine: "exact" });
  expect(result).toEqual(exact);
  expect(result.trace.distinctPages).toBe(2);
  const pipe = await openTrace(new Blob([new Uint8Array(bytes)]).stream(), { name: "pipe" });
  await expect(replay(pipe)).rejects.toThrow(
    /^pipe:\d+: has the references of several threads; give it as a file$/,
  );
});
