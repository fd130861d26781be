import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choosePolicies } from "#pagewalk/policy/policies.js";
import { Kernel } from "#pagewalk/wasm/kernel.js";
import { KernelMachine, type MachineParameters, type TlbParameters } from "#pagewalk/wasm/machine.js";
import { KernelRequests, KernelSimulation } from "#pagewalk/wasm/pages.js";
import { KIND_FETCH, NONE, STATUS_OK } from "../../assembly/abi/core.js";
import { HUGE_ALWAYS, HUGE_NEVER, NO_POLICY } from "../../assembly/abi/machine.js";
import { TLB_FIFO, TLB_LRU, TLB_PLRU, TLB_RANDOM } from "../../assembly/abi/mmu.js";
import { caseCount } from "../build.js";
import { NaiveMachine, type NaiveTlbShape } from "./machine-model.js";
import { programs, putPageBlock, putRecords, type Reference } from "./records.js";

const ALL_SIZES = 14;
const REPLACEMENT = { lru: TLB_LRU, fifo: TLB_FIFO };

const shape = fc.record({
  sets: fc.constantFrom(1, 2, 4),
  ways: fc.integer({ min: 1, max: 4 }),
  replacement: fc.constantFrom("lru" as const, "fifo" as const),
});
const shapes = fc.tuple(shape, shape, shape);

/** Index bits from the leaf's level on, page bytes and number of some geometries. */
const GEOMETRIES = [
  { arch: 0, indexBits: [9, 9, 9, 9], pageBytes: 4096 },
  { arch: 2, indexBits: [10, 10], pageBytes: 4096 },
  { arch: 3, indexBits: [9, 9, 2], pageBytes: 4096 },
  { arch: 6, indexBits: [9, 9, 9, 9, 9], pageBytes: 4096 },
  { arch: 8, indexBits: [11, 11, 11, 1], pageBytes: 16384 },
  { arch: 9, indexBits: [13, 13, 6], pageBytes: 65536 },
];

function parameters(more: Partial<MachineParameters> = {}): MachineParameters {
  return {
    architecture: 0,
    frames: 0,
    swapPages: NONE,
    huge: HUGE_NEVER,
    spaces: 1,
    policy: NO_POLICY,
    policyParameters: [],
    ...more,
  };
}

function addTlbs(machine: KernelMachine, [l1i, l1d, l2]: readonly NaiveTlbShape[]) {
  const add = (level: number, sides: number, tlb: NaiveTlbShape | undefined) => {
    const { sets, ways, replacement } = tlb as NaiveTlbShape;
    const kind = REPLACEMENT[replacement];
    return machine.addTlb({ level, sides, sizes: ALL_SIZES, sets, ways, replacement: kind, seed: 1 });
  };
  return [add(1, 1, l1i), add(1, 2, l1d), add(2, 3, l2)];
}

const kernel = () => Kernel.create();

describe("the machine against a naive one", () => {
  test.each(GEOMETRIES)(
    "has the naive machine's counts of TLBs, walks and faults (geometry $arch)",
    async (geometry) => {
      await fc.assert(
        fc.asyncProperty(shapes, programs({ pages: 3000, crossing: true }), async (tlbShapes, program) => {
          const memory = await kernel();
          const machine = new KernelMachine(memory, parameters({ architecture: geometry.arch }));
          const tlbs = addTlbs(machine, tlbShapes);
          expect(machine.replayBatch(putRecords(memory, program), program.length)).toBe(STATUS_OK);
          const model = new NaiveMachine(tlbShapes, geometry.indexBits, geometry.pageBytes);
          for (const reference of program) model.refer(reference);
          const counters = machine.counters;
          expect(tlbs.map((tlb) => tlb.counts)).toEqual(
            model.tlbs.map(({ lookups, misses }) => ({ lookups, hits: lookups - misses, misses })),
          );
          expect(counters.minor).toBe(model.minor);
          expect(counters.distinctPages).toBe(model.minor);
          expect(counters.walks).toBe(model.walks);
          expect(counters.entriesRead).toBe(model.walks * geometry.indexBits.length);
          expect(machine.frames.tables).toBe(model.tables);
          expect(machine.isValid()).toBe(true);
        }),
        { numRuns: caseCount(30) },
      );
    },
  );

  test("evicts, writes back and faults like the naive machine under limited memory", async () => {
    const [lru] = await choosePolicies("lru");
    const program = programs({ pages: 60, crossing: false });
    await fc.assert(
      fc.asyncProperty(
        shapes,
        program,
        fc.integer({ min: 6, max: 40 }),
        async (tlbShapes, program, frames) => {
          const memory = await kernel();
          const machine = new KernelMachine(memory, parameters({ frames, policy: lru?.id ?? 0 }));
          const tlbs = addTlbs(machine, tlbShapes);
          expect(machine.replayBatch(putRecords(memory, program), program.length)).toBe(STATUS_OK);
          const model = new NaiveMachine(tlbShapes, [9, 9, 9, 9], 4096, frames);
          for (const reference of program) model.refer(reference);
          expect(tlbs.map((tlb) => tlb.counts)).toEqual(
            model.tlbs.map(({ lookups, misses }) => ({ lookups, hits: lookups - misses, misses })),
          );
          const { minor, major, evictions, writebacks, swapIns } = machine.counters;
          expect({ minor, major, evictions, writebacks, swapIns }).toEqual({
            minor: model.minor,
            major: model.major,
            evictions: model.evictions,
            writebacks: model.writebacks,
            swapIns: model.swapIns,
          });
          expect(machine.isValid()).toBe(true);
        },
      ),
      { numRuns: caseCount(60) },
    );
  });
});

describe("page blocks", () => {
  const replacement = fc.constantFrom(TLB_LRU, TLB_FIFO, TLB_RANDOM, TLB_PLRU);
  const tlb = fc.record({
    sets: fc.constantFrom(1, 4),
    ways: fc.constantFrom(1, 2, 4, 8),
    replacement,
    seed: fc.nat(),
  });

  test("have the counts of records, with any TLBs, page sizes and architecture", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(tlb, tlb, tlb),
        fc.array(programs({ pages: 2000, crossing: true, most: 250 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(HUGE_NEVER, HUGE_ALWAYS),
        fc.constantFrom(...GEOMETRIES.map(({ arch }) => arch)),
        fc.constantFrom(1, 2),
        async (tlbs, blocks, huge, architecture, width) => {
          const one = await machineWith(tlbs, { huge, architecture });
          const all = await machineWith(tlbs, { huge, architecture });
          for (const block of blocks) {
            const fetches = block.filter(({ kind }) => kind === KIND_FETCH).length;
            const header = putPageBlock(all.memory, block, width);
            expect(all.machine.replayPageBlock(header, fetches, block.length - fetches)).toBe(STATUS_OK);
            expect(one.machine.replayBatch(putRecords(one.memory, block), block.length)).toBe(STATUS_OK);
          }
          expect(all.tlbs.map((tlb) => tlb.counts)).toEqual(one.tlbs.map((tlb) => tlb.counts));
          expect(all.machine.counters).toEqual(one.machine.counters);
          expect(all.machine.frames).toEqual(one.machine.frames);
          expect(all.machine.isValid()).toBe(true);
        },
      ),
      { numRuns: caseCount(60) },
    );
  });

  test("have them too with so many misses that touches are not deferred", async () => {
    for (const replacement of [TLB_LRU, TLB_FIFO, TLB_RANDOM, TLB_PLRU]) {
      const tlb = { sets: 8, ways: 8, replacement, seed: 1 };
      const tlbs = [tlb, tlb, { ...tlb, sets: 64, ways: 4 }];
      const one = await machineWith(tlbs, {});
      const all = await machineWith(tlbs, {});
      for (let block = 0; block < 3; block++) {
        const references = scattered(20_000, block);
        const fetches = references.filter(({ kind }) => kind === KIND_FETCH).length;
        all.machine.replayPageBlock(putPageBlock(all.memory, references, 2), fetches, 20_000 - fetches);
        one.machine.replayBatch(putRecords(one.memory, references), 20_000);
      }
      expect(all.tlbs.map((tlb) => tlb.counts)).toEqual(one.tlbs.map((tlb) => tlb.counts));
      expect(all.machine.counters).toEqual(one.machine.counters);
    }
  });

  /** References to few pages first, then to many, of which low numbers are likelier; by a multiplicative generator. */
  function scattered(count: number, seed: number): Reference[] {
    let state = 48271 + seed;
    const random = () => {
      state = (state * 48271) % 2147483647;
      return state / 2147483647;
    };
    return Array.from({ length: count }, (_, n) => {
      const kind = Math.floor(random() * 4);
      const page = n < count / 4 ? Math.floor(40 * random()) : Math.floor(300 * random() ** 2);
      return { address: page * 4096 + Math.floor(random() * 4000), size: 8, kind };
    });
  }

  async function machineWith(
    tlbs: Pick<TlbParameters, "sets" | "ways" | "replacement" | "seed">[],
    more: object,
  ) {
    const memory = await kernel();
    const machine = new KernelMachine(memory, parameters(more));
    const places = [
      { level: 1, sides: 1 },
      { level: 1, sides: 2 },
      { level: 2, sides: 3 },
    ];
    const added = tlbs.map((tlb, n) => {
      const place = places[n] ?? { level: 3, sides: 3 };
      return machine.addTlb({ ...tlb, ...place, sizes: ALL_SIZES });
    });
    return { memory, machine, tlbs: added };
  }
});

describe("policies in the machine", () => {
  test("fault as often as the pages engine misses with the frames that are not page tables", async () => {
    const policies = (await choosePolicies("all")).filter((policy) => !policy.needsFuture);
    const tables = 4;
    const program = programs({ pages: 64, crossing: true });
    await fc.assert(
      fc.asyncProperty(program, fc.integer({ min: 3, max: 40 }), async (program, frames) => {
        for (const policy of policies) {
          const memory = await kernel();
          const { id, parameters: policyParameters } = policy;
          const machine = new KernelMachine(
            memory,
            parameters({ frames: frames + tables, policy: id, policyParameters }),
          );
          addTlbs(machine, Array(3).fill({ sets: 2, ways: 2, replacement: "lru" }));
          const records = putRecords(memory, program);
          expect(machine.replayBatch(records, program.length)).toBe(STATUS_OK);
          const touches = program.flatMap(touchesByKey);
          const requests = KernelRequests.create(memory, undefined, "all");
          const pages = new KernelSimulation(memory, requests, id, policyParameters, frames);
          requests.begin(putRecords(memory, touches), touches.length);
          requests.fill();
          pages.run();
          const { minor, major, evictions } = machine.counters;
          expect([policy.name, minor + major]).toEqual([policy.name, pages.counters.misses]);
          // Pages are released before the next request here, and after the last one there.
          if (policy.isVariable) expect(evictions).toBeGreaterThanOrEqual(pages.counters.evictions);
          else expect(evictions).toBe(pages.counters.evictions);
          expect(machine.isValid()).toBe(true);
        }
      }),
      // Shrinking would take minutes.
      { numRuns: caseCount(15), endOnFailure: true },
    );
  });
});

test("every policy works while page tables take frames", async () => {
  const policies = (await choosePolicies("all")).filter((policy) => !policy.needsFuture);
  const far = programs({ pages: 2000, crossing: true, most: 300 }).map((program) =>
    program.map((reference): Reference => ({ ...reference, address: spread(reference.address) })),
  );
  await fc.assert(
    fc.asyncProperty(far, fc.integer({ min: 80, max: 120 }), async (program, frames) => {
      for (const { id, parameters: policyParameters } of policies) {
        const memory = await kernel();
        const machine = new KernelMachine(memory, parameters({ frames, policy: id, policyParameters }));
        addTlbs(machine, Array(3).fill({ sets: 2, ways: 2, replacement: "lru" }));
        expect(machine.replayBatch(putRecords(memory, program), program.length)).toBe(STATUS_OK);
        expect(machine.frames.used).toBeLessThanOrEqual(frames);
        expect(machine.isValid()).toBe(true);
      }
    }),
    { numRuns: caseCount(15) },
  );
});

test("every part stays consistent with huge pages while memory runs out", async () => {
  const policies = (await choosePolicies("all")).filter((policy) => !policy.needsFuture);
  const far = programs({ pages: 200, crossing: true, most: 300 }).map((program) =>
    program.map((reference): Reference => ({ ...reference, address: spread(reference.address) })),
  );
  await fc.assert(
    fc.asyncProperty(far, fc.constantFrom(...policies), async (program, policy) => {
      const memory = await kernel();
      const frames = 4 * 512 + 7;
      const { id, parameters: policyParameters } = policy;
      const machine = new KernelMachine(
        memory,
        parameters({ frames, huge: HUGE_ALWAYS, policy: id, policyParameters }),
      );
      addTlbs(machine, Array(3).fill({ sets: 2, ways: 2, replacement: "lru" }));
      expect(machine.replayBatch(putRecords(memory, program), program.length)).toBe(STATUS_OK);
      expect(machine.isValid()).toBe(true);
      const touched = program.flatMap(({ address, size }) => {
        const first = Math.floor(address / 4096);
        const last = Math.floor((address + size - 1) / 4096);
        return Array.from({ length: last - first + 1 }, (_, n) => first + n);
      });
      expect(machine.counters.distinctPages).toBe(new Set(touched).size);
    }),
    { numRuns: caseCount(40) },
  );
});

/** The requests of a reference, by the machine's keys of pages (mmu/key), which a sketch hashes. */
function touchesByKey({ address, size, kind }: Reference): Reference[] {
  const first = Math.floor(address / 4096);
  const last = Math.floor((address + size - 1) / 4096);
  return Array.from({ length: last - first + 1 }, (_, n) => ({
    address: (first + n) * 8 + 2,
    size: 1,
    kind,
  }));
}

/** Pages further apart, so that few share a huge page. */
function spread(address: number): number {
  return (Math.floor(address / 4096) % 64) * 2 ** 21 + (address % 2 ** 18);
}
