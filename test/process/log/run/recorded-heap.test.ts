/** Recordings with references and allocations in one time line: charges, and the costs of another allocator. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChargesResult, countsOf } from "#pagewalk/process/block-charges.js";
import { type RunOptions, runLog } from "#pagewalk/process/log/run/log.js";
import { convertTrace } from "#pagewalk/trace/convert.js";
import { openTrace } from "#pagewalk/trace/open.js";

const MAPS = `\
400000-401000 r-xp 00000000 00:00 1 /program
500000-502000 rw-p 00000000 00:00 0
7fff00000000-7fff00021000 rw-p 00000000 00:00 0 [stack]
`;

/**
 * A small program's recording: two blocks of one caller, one block of another in a mapping of its own, and references
 * to them.
 */
const LOG = `\
brk(0) = 0x600000
brk(0x621000) = 0x621000
malloc(100) = 0x6002a0 # 0x400123
store(0x6002a0, 8)
load(0x6002a0, 8)
fetch(0x400200, 4)
malloc(5000) = 0x600310 # 0x400123
store(0x600310, 8)
store(0x601310, 8)
load(0x600308, 8)
mmap(NULL, 200704, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffe00000000
calloc(1, 200000) = 0x7ffe00000010 # 0x400456
store(0x7ffe00000010, 8)
free(0x6002a0) # 0x400500
store(0x6002a0, 8)
malloc(10) = 0x6002a0 # 0x400789
store(0x500000, 8)
munmap(0x7ffe00000000, 200704) = 0
free(0x7ffe00000010) # 0x400500
`;

/** Blocks in mappings of their own, whose headers the allocator writes first. */
const MAPPED = `\
mmap(NULL, 143360, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffd00000000
store(0x7ffd00000008, 8)
malloc(140000) = 0x7ffd00000010 # 0x400456
mremap(0x7ffd00000000, 143360, 303104, MREMAP_MAYMOVE) = 0x7ffc00000000
store(0x7ffc00000008, 8)
realloc(0x7ffd00000010, 300000) = 0x7ffc00000010 # 0x400456
load(0x7ffc00000010, 8)
load(0x7ffc00000008, 8)
munmap(0x7ffc00000000, 303104) = 0
free(0x7ffc00000010) # 0x400500
`;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-recorded-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(options: RunOptions = {}, log = LOG) {
  const path = join(folder, "log.pagewalk");
  const trace = await openTrace(new TextEncoder().encode(log), { name: "log", format: "calls" });
  const metadata = { maps: MAPS, placement: "recorded", allocations: "recorded" };
  await convertTrace(trace, path, { format: "pagewalk", metadata });
  return runLog(path, options);
}

test("calls for statistics are skipped: their references are in the recording", async () => {
  const { calls, skipped } = await run({}, `${LOG}malloc_info(0, stderr)\nmallinfo2() = {arena=1}\n`);
  expect(skipped).toEqual({ malloc_info: 1, mallinfo2: 1 });
  expect(calls).toBe((await run()).calls);
});

function site(charges: ChargesResult | undefined, name: string) {
  return charges?.sites.find((group) => group.name === name);
}

test("references are charged to the call that allocated the touched block", async () => {
  const { charges, stopped, signals } = await run();
  expect({ stopped, signals }).toEqual({ stopped: undefined, signals: [] });
  expect(site(charges, "malloc from program+0x123")).toMatchObject({
    references: 4,
    blocks: 2,
    requestedBytes: 5100,
    minorFaults: 2,
  });
  expect(site(charges, "calloc from program+0x456")).toMatchObject({ references: 1, minorFaults: 1 });
  const outside = Object.fromEntries(
    (charges?.regions ?? []).map(({ name, references }) => [name, references]),
  );
  // A header, and a block after it was freed.
  expect(outside).toMatchObject({ "/program": 1, "[heap], no block": 2, "private memory": 1 });
});

test("everything that the machine counted is charged", async () => {
  const { charges, system, references } = await run();
  const [process] = [...system.processes.values()];
  expect(process && countsOf(process)).toEqual(charges?.total);
  expect(charges?.total.references).toBe(references.made);
});

test("another allocator has other addresses, and references to the recorded one's data are left out", async () => {
  const { charges, signals, process, stopped } = await run({ allocator: "bump" });
  expect({ stopped, signals }).toEqual({ stopped: undefined, signals: [] });
  expect(site(charges, "malloc from program+0x123")).toMatchObject({ references: 4, blocks: 2 });
  expect(charges?.droppedReferences).toBe(2);
  expect(process.heap).toMatchObject({ allocator: "bump", liveBlocks: 0 });
  expect(process.heap?.brkCalls).toBeGreaterThan(0);
  // Its break begins at the end of the program, and no block has a mapping of its own.
  expect(process.maps.map(({ start }) => start)).not.toContain(0x7ffe00000000n);
});

test("references to headers of mappings that another allocator does not make are left out", async () => {
  const { charges, signals, stopped } = await run({ allocator: "bump" }, MAPPED);
  expect({ stopped, signals }).toEqual({ stopped: undefined, signals: [] });
  expect(charges?.droppedReferences).toBe(3);
  expect(charges?.sites.map(({ references }) => references)).toEqual([1]);
  // After munmap the address belongs to the program.
  const after = `${MAPPED}store(0x7ffc00000008, 8) = SIGSEGV SEGV_MAPERR\n`;
  expect((await run({ allocator: "bump" }, after)).signals).toHaveLength(1);
});
