/** Each claim with a heap that violates it, and with the kernel's allocators, which violate none. */
import { describe, expect, test } from "vitest";
import { CLAIMS, type HeapCall, type Run, type Trial } from "#pagewalk/heap/custom/claims.js";
import { refute } from "#pagewalk/heap/custom/search.js";
import { kernelCandidate } from "./kernel-heap.js";

const trial: Trial = {
  calls: [
    { call: "malloc", block: 1, bytes: 8 },
    { call: "calloc", block: 2, count: 2, bytes: 10 },
    { call: "memalign", block: 3, alignment: 64, bytes: 40 },
    { call: "realloc", block: 2, bytes: 40 },
    { call: "free", block: 1 },
    { call: "realloc", block: 2, bytes: 10 },
  ],
};

/** A correct heap of 64 KiB, except for the faults in `wrong`; it never reuses memory. */
function fake(wrong: Partial<Run> & { place?: (call: HeapCall, next: number) => number } = {}): Run {
  const contents = new Uint8Array(1 << 16);
  const blocks = new Map<number, { address: number; bytes: number }>();
  let next = 4096;
  const run: Run = {
    ended: undefined,
    isValid: () => true,
    usableSize: (block) => blocks.get(block)?.bytes ?? 0,
    read: (address, bytes) => contents.slice(address, address + bytes),
    write(address, bytes) {
      if (address + bytes.length > contents.length) return false;
      contents.set(bytes, address);
      return true;
    },
    serve(call) {
      const old = blocks.get(call.block);
      if (call.call === "free") {
        blocks.delete(call.block);
        return 0;
      }
      const bytes = call.call === "calloc" ? call.count * call.bytes : call.bytes;
      if (bytes > 1 << 16) return 0;
      const address = wrong.place?.(call, next) ?? next;
      next += 64 + Math.ceil(bytes / 64) * 64;
      if (call.call === "realloc")
        contents.copyWithin(address, old?.address ?? 0, (old?.address ?? 0) + (old?.bytes ?? 0));
      if (call.call === "calloc") contents.fill(0, address, address + bytes);
      blocks.set(call.block, { address, bytes });
      return address;
    },
  };
  const { place, ...rest } = wrong;
  return Object.defineProperties(run, Object.getOwnPropertyDescriptors(rest));
}

/** The result of the claim for `runs`, with the trial shaped for it. */
function verdict(name: string, ...[run = fake(), ...more]: Run[]): string | undefined {
  const claim = CLAIMS.find((one) => one.name.startsWith(name));
  if (claim === undefined) throw new Error(`no claim ${name}`);
  while (more.length < claim.runs - 1) more.push(fake());
  return claim.check(claim.shape?.(trial) ?? trial, run, ...more);
}

/** As `place`, for one kind of call only. */
const placing = (kind: HeapCall["call"], place: (next: number) => number) =>
  fake({ place: ({ call }, next) => (call === kind ? place(next) : next) });

describe("a violation of a claim", () => {
  const forgetful = fake();
  const { serve } = forgetful;
  forgetful.serve = (call) => {
    const address = serve(call);
    if (call.call === "realloc") forgetful.write(address, new Uint8Array(4));
    return address;
  };
  const scribbling = fake();
  const { serve: serves } = scribbling;
  scribbling.serve = (call) => {
    const address = serves(call);
    if (call.call === "free") scribbling.write(4096 + 128 + 70, Uint8Array.of(1));
    return address;
  };
  const dirty = fake();
  const { serve: give } = dirty;
  dirty.serve = (call) => {
    const address = give(call);
    if (call.call === "calloc") dirty.write(address + 3, Uint8Array.of(7));
    return address;
  };

  test.each<[string, Run[], string]>([
    [
      "serves every call",
      [fake({ isValid: () => false })],
      "b1 = malloc(8): its state is inconsistent after the call",
    ],
    ["serves every call", [fake({ ended: "SIGSEGV" })], "b1 = malloc(8): it ends the process by SIGSEGV"],
    [
      "serves every call",
      [fake({ write: () => false })],
      "b1 = malloc(8): the program cannot write to 0x1000",
    ],
    [
      "serves every call",
      [placing("malloc", () => 0)],
      "b1 = malloc(8): it returns NULL, although there is memory",
    ],
    [
      "aligns blocks",
      [placing("malloc", (next) => next + 4)],
      "b1 = malloc(8): 0x1004 is not a multiple of 8",
    ],
    [
      "aligns blocks",
      [placing("calloc", (next) => next + 8)],
      "calloc(2, 10): 0x1088 is not a multiple of 16",
    ],
    [
      "aligns blocks as",
      [placing("memalign", (next) => next + 16)],
      "memalign(64, 40): 0x1110 is not a multiple of 64",
    ],
    ["never gives a byte", [placing("calloc", () => 4096)], "0x1000 overlaps the block at 0x1000"],
    ["never gives a byte", [placing("realloc", (next) => next - 256)], "overlaps the block at 0x1100"],
    ["does not change", [forgetful], "realloc(b2, 40): byte 0 of the block is not what it was before"],
    [
      "does not change",
      [placing("memalign", () => 4096 + 128)],
      "byte 0 of b2 is not what the program stored there",
    ],
    ["returns zeros", [dirty], "b2 = calloc(2, 10): byte 3 of the block is not zero"],
    [
      "reports a usable size",
      [fake({ usableSize: () => 9 })],
      "its usable size is 9, but 20 bytes were requested",
    ],
    [
      "returns NULL",
      [fake({ serve: () => 4096 })],
      "malloc(1125899906842624): it returns 0x1000 for more memory than there is",
    ],
    [
      "continues to work",
      [fake({ write: () => true, isValid: isValidFor(9) })],
      "its state is inconsistent after the call",
    ],
    [
      "gives the same",
      [fake(), placing("realloc", (next) => next + 64)],
      "realloc(b2, 40): it gives 0x1180, and 0x11c0 in a",
    ],
    [
      "keeps interleaved processes",
      [fake(), placing("malloc", (next) => next + 64)],
      "it gives 0x1000, and 0x1040 while another",
    ],
    [
      "keeps interleaved processes",
      [fake(), fake(), placing("malloc", (next) => next + 64)],
      "and 0x1040 while another",
    ],
  ])("%s", (name, runs, says) => {
    expect(verdict(name, ...runs)).toContain(says);
  });

  test("every claim has a violation here, and a correct allocator violates none", () => {
    expect(CLAIMS).toHaveLength(11);
    for (const { name } of CLAIMS) expect([name, verdict(name)]).toEqual([name, undefined]);
  });
});

/** True this number of times. */
function isValidFor(calls: number): () => boolean {
  let left = calls;
  return () => left-- > 0;
}

test.each(["glibc", "buddy"])("%s of the kernel meets every claim", async (name) => {
  const candidate = await kernelCandidate(name);
  for (const claim of CLAIMS)
    expect([claim.name, await refute(claim, candidate, 1, 4)]).toEqual([claim.name, undefined]);
});
