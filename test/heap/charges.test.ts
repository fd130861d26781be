import fc from "fast-check";
import { expect, test } from "vitest";
import type { Process } from "#pagewalk/process/process.js";
import { spawn } from "#pagewalk/process/spawn.js";
import type { SystemOptions } from "#pagewalk/process/system.js";
import type { ChargeCounts, KernelCharges } from "#pagewalk/wasm/charges.js";
import {
  KIND_FETCH,
  KIND_LOAD,
  KIND_MODIFY,
  KIND_STORE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../../assembly/abi/core.js";
import { caseCount } from "../build.js";

type Reference = readonly [kind: number, offset: bigint, size: number];

const AREA = 1n << 20n;

/** A process with a mapping to touch, and charges. */
async function begin(options: SystemOptions = {}) {
  const process = await spawn(options);
  const { value: area } = process.mmap(
    0,
    AREA,
    "PROT_READ|PROT_WRITE|PROT_EXEC",
    "MAP_PRIVATE|MAP_ANONYMOUS",
  );
  return { process, area, charges: process.system.kernel.createCharges() };
}

function touch(process: Process, charges: KernelCharges, area: bigint, references: readonly Reference[]) {
  const { kernel } = process.space;
  const records = kernel.putReferences(
    references.map(([, offset]) => area + offset),
    0,
    references.length,
    0,
    1,
  );
  const view = (process.system as unknown as { memory: { view(): DataView } }).memory.view();
  for (const [n, [kind, offset, size]] of references.entries()) {
    const at = records + n * RECORD_BYTES;
    view.setBigUint64(at + RECORD_ADDRESS, area + offset, true);
    view.setUint32(at + RECORD_SIZE, size, true);
    view.setUint32(at + RECORD_KIND, kind, true);
  }
  return kernel.touchCharged(charges, records, references.length, 0, { from: 0n, to: 0n });
}

const NAMES = [
  "references",
  "tlbMisses",
  "walks",
  "walkReads",
  "minorFaults",
  "majorFaults",
  "swapIns",
  "writebacks",
  "cycles",
] as const;

function sum(groups: readonly ChargeCounts[]): Record<(typeof NAMES)[number], number> {
  const totals = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<(typeof NAMES)[number], number>;
  for (const group of groups) for (const name of NAMES) totals[name] += group[name];
  return totals;
}

/** Returns the machine's counters. */
function counted(process: Process): Record<(typeof NAMES)[number], number> {
  const { counters, tlbs } = process.system;
  const levels = tlbs.filter(({ spec }) => spec.name.startsWith("l1")).map(({ tlb }) => tlb.counts);
  const { references, faults } = process.cycles;
  return {
    references: levels.reduce((total, { lookups }) => total + lookups, 0),
    tlbMisses: levels.reduce((total, { misses }) => total + misses, 0),
    walks: counters.walks,
    walkReads: counters.entriesRead,
    minorFaults: process.faults.minor,
    majorFaults: process.faults.major,
    swapIns: counters.swapIns,
    writebacks: counters.writebacks,
    cycles: references + faults,
  };
}

const reference = fc.tuple(
  fc.constantFrom(KIND_FETCH, KIND_LOAD, KIND_STORE, KIND_MODIFY),
  fc.bigInt(0n, AREA - 64n),
  fc.constantFrom(1, 4, 8, 16, 64),
);

test.each([
  ["with memory enough", {}],
  ["under pressure", { memory: "512KiB", swap: "4MiB", policy: "lru" }],
])("the sum of the charges equals the machine's counts, %s", async (_, options) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.bigInt(0n, AREA / 4096n - 1n), fc.bigInt(1n, 9000n)), { maxLength: 20 }),
      fc.array(reference, { minLength: 50, maxLength: 400 }),
      async (blocks, references) => {
        const { process, area, charges } = await begin(options);
        const before = counted(process);
        let end = 0n;
        for (const [n, [page, bytes]] of blocks.entries()) {
          const at = page * 4096n > end ? page * 4096n : end;
          if (at + bytes > AREA) break;
          charges.allocated(area + at, bytes, area + at, n % 3, n);
          end = (at + bytes + 15n) & ~15n;
        }
        expect(touch(process, charges, area, references)).toEqual({
          done: references.length,
          signal: undefined,
        });
        charges.settle();
        const after = counted(process);
        const difference = Object.fromEntries(NAMES.map((name) => [name, after[name] - before[name]]));
        expect(sum([...charges.groups("sites"), ...charges.groups("regions")])).toEqual(difference);
        expect(sum([...charges.groups("classes"), ...charges.groups("regions")])).toEqual(difference);
      },
    ),
    { numRuns: caseCount(60), seed: 1 },
  );
});

test("a reference is charged to the block that contains it, to its last byte", async () => {
  const { process, area, charges } = await begin();
  charges.allocated(area + 16n, 40n, area + 16n, 0, 7);
  charges.allocated(area + 64n, 8192n, area + 64n, 1, 8);
  const at = (offset: bigint): Reference => [KIND_LOAD, offset, 1];
  touch(process, charges, area, [
    at(8n),
    at(16n),
    at(55n),
    at(56n),
    at(64n),
    at(64n + 8191n),
    at(64n + 8192n),
  ]);
  charges.settle();
  expect(charges.groups("sites").map(({ references }) => references)).toEqual([2, 2]);
  expect(sum(charges.groups("regions")).references).toBe(3);
});

test("a freed block keeps its charges among the costliest, and its address can be reused", async () => {
  const { process, area, charges } = await begin();
  charges.allocated(area, 100n, area, 0, 1);
  touch(process, charges, area, [[KIND_STORE, 8n, 8]]);
  expect(charges.freed(area)).toBe(area);
  expect(charges.freed(area)).toBe(0n);
  charges.allocated(area, 200n, area, 1, 2);
  touch(process, charges, area, [[KIND_STORE, 8n, 8]]);
  charges.settle();
  const [old, young] = charges.groups("blocks");
  expect(old).toMatchObject({ start: area, requestedBytes: 100, line: 1, minorFaults: 1, references: 1 });
  expect(young).toMatchObject({ start: area, requestedBytes: 200, line: 2, minorFaults: 0, references: 1 });
});

test("references are moved to the block of another allocator, and those to the recorded allocator's data are left out", async () => {
  const { process, area, charges } = await begin();
  charges.allocated(area, 100n, area + 0x80000n, 0, 1);
  const { kernel } = process.space;
  const records = kernel.putReferences([area + 8n, area + 99n, area + 104n], 0, 3, KIND_STORE, 1);
  expect(kernel.touchCharged(charges, records, 3, 0, { from: area, to: area + 4096n }).done).toBe(3);
  expect(charges.dropped).toBe(1);
  expect(kernel.nextPage(area, area + AREA)).toBe(area + 0x80000n);
});
