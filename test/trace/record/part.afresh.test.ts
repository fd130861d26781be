/** Parts of real programs, with each recorder. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readElf } from "#pagewalk/elf/elf.js";
import { functionsOf } from "#pagewalk/elf/symbols.js";
import { type RecordOptions, recordedTrace, recordTrace, replay } from "#pagewalk/index.js";
import { missingTools } from "../../heap/afresh.js";
import { FETCH, type PlainRecord, readAll, STORE } from "../records.js";

const CALL = 4;
const missing = missingTools("gcc", "nm", "valgrind", "qemu-x86_64");
const SOURCE = fileURLToPath(new URL("programs/marked.c", import.meta.url));
const INCLUDE = fileURLToPath(new URL("../../../include", import.meta.url));

let folder: string;
const program = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  if (missing.length > 0) return;
  const compile = (name: string, ...flags: string[]) =>
    execFileSync("gcc", [
      "-Wall",
      "-Wextra",
      "-Werror",
      `-I${INCLUDE}`,
      ...flags,
      "-o",
      program(name),
      SOURCE,
    ]);
  compile("static", "-O2", "-static");
  compile("movable", "-O2", "-pie", "-fPIE");
  compile("plain", "-O0", "-no-pie");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function recorded(name: string, options: RecordOptions): Promise<PlainRecord[]> {
  const out = program("out.lackey");
  await recordTrace([program(name)], out, { programOutput: "ignore", ...options });
  return readAll(out);
}

/** The program makes no other stores of 2 bytes. */
const cells = (records: readonly PlainRecord[]) =>
  records.filter(({ kind, size }) => kind === STORE && size === 2).map(({ address }) => address);

describe.skipIf(missing.length > 0).each(["qemu", "valgrind"] as const)("with %s", (recorder) => {
  test.each(["static", "movable", "plain"])(
    "markers enclose the same stores in a %s program",
    async (name) => {
      const stores = cells(await recorded(name, { with: recorder, marked: true }));
      const due = Array.from({ length: 300 }, (_, n) => BigInt(n % 100) * 2n);
      expect(stores.map((address) => address - (stores[0] ?? 0n))).toEqual(due);
    },
  );

  test.each(["static", "movable", "plain"])(
    "a part of a %s program lies between its functions",
    async (name) => {
      const elf = readElf(readFileSync(program(name)), name);
      const known = functionsOf(readFileSync(program(name)), elf, name);
      const all = await recorded(name, { with: recorder, from: "main", until: "work" });
      const [first] = all;
      const main = known.get("main") ?? 0n;
      expect(first?.kind).toBe(FETCH);
      expect((first?.address ?? 0n) & 0xfffn).toBe(main & 0xfffn);
      if (!elf.isMovable) expect(first?.address).toBe(main);
      const fetched = all
        .filter(({ kind }) => kind === FETCH)
        .map(({ address }) => address - (first?.address ?? 0n));
      expect(fetched).not.toContain((known.get("work") ?? 0n) - main);
      expect(fetched.length).toBeGreaterThan(2);
    },
  );

  test("numbers of instructions cut what the whole recording has there", async () => {
    const fetches = (records: readonly PlainRecord[]) => records.filter(({ kind }) => kind === FETCH);
    const whole = fetches(await recorded("static", { with: recorder }));
    const part = fetches(await recorded("static", { with: recorder, from: 100, until: 1100 }));
    expect(part).toEqual(whole.slice(100, 1100));
  });

  test("a limit on the size ends a program that has no end", async () => {
    const out = program("loop.pagewalk");
    const loop = ["sh", "-c", "while :; do :; done"];
    const { exitCode, counts } = await recordTrace(loop, out, { with: recorder, limit: "10KiB" });
    expect(exitCode).toBeUndefined();
    const references = (await readAll(out)).filter(({ kind }) => kind !== CALL);
    expect(references).toHaveLength(counts.references);
  });

  test("a replay takes the references while the program runs", async () => {
    const trace = await recordedTrace([program("static")], { with: recorder, limit: 5000 });
    const { trace: described } = await replay(trace);
    await trace.close();
    expect(described).toMatchObject({ references: 5000, recorder });
    expect(readdirSync(folder).filter((name) => /partial/.test(name))).toEqual([]);
  });
});

test.skipIf(missing.length > 0)("the functions of a program are those of nm", () => {
  const bytes = readFileSync(program("static"));
  const found = functionsOf(bytes, readElf(bytes, "static"), "static");
  const listed = execFileSync("nm", [program("static")], { encoding: "utf8" });
  const due = new Map<string, bigint[]>();
  for (const [, value = "", name = ""] of listed.matchAll(/^([0-9a-f]+) [TtWi] (\S+)$/gm)) {
    due.set(name, [...(due.get(name) ?? []), BigInt(`0x${value}`)]);
  }
  expect(found.size).toBeGreaterThan(500);
  for (const [name, value] of found) expect(due.get(name.replace(/@.*/, "")), name).toContain(value);
});
