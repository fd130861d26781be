/** Programs recorded by QEMU, against the known answers, single-stepping and valgrind. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { recordTrace } from "#pagewalk/trace/record/record.node.js";
import { BIN } from "../../../cli/command.js";
import { missingTools } from "../../../heap/afresh.js";
import { FETCH, LOAD, STORE } from "../../records.js";
import { compile, read, recorded, symbolsOf } from "./recorded.js";

const missing = missingTools("qemu-x86_64", "gcc", "nm");
const title = `a program recorded by QEMU${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const KINDS = ["I", "L", "S", "M"];

describe.skipIf(missing.length > 0)(title, () => {
  test("has each access of vectors, strings, atomics and the stack", async () => {
    const program = compile(folder, "accesses.S", "-nostdlib");
    const symbol = symbolsOf(program);
    const { records } = await recorded(folder, [program]);
    const named = (address: bigint) => {
      const fromTarget = address >= symbol("target");
      return fromTarget ? `target+${address - symbol("target")}` : `source+${address - symbol("source")}`;
    };
    const data = records.filter(({ kind }) => kind !== FETCH);
    const lines = data.map(({ kind, address, size }) => `${KINDS[kind]} ${named(address)},${size}`);
    const beforeXsave = lines.slice(0, ACCESSES.length);
    expect(beforeXsave).toEqual(ACCESSES);
    // QEMU writes the area's fields; what it covers is what the processor's xsave covers.
    const area = data.slice(ACCESSES.length).filter(({ address }) => address < symbol("target") + 1024n);
    expect(area.length).toBeGreaterThan(8);
    expect(area.every(({ kind, address }) => kind !== LOAD && address >= symbol("target"))).toBe(true);
  });

  test("has as many instructions as single steps, and one for the end of each repeated string", async () => {
    const driver = compile(folder, "steps.c");
    const program = compile(folder, "work.c", "-nostdlib");
    const { records } = await recorded(folder, [program]);
    const steps = Number(execFileSync(driver, [program], { encoding: "utf8" }));
    expect(records.filter(({ kind }) => kind === FETCH)).toHaveLength(steps + 1);
  });

  test("has the instructions before a fault in the middle of a block, and the handler's after it", async () => {
    const program = compile(folder, "fault.S", "-nostdlib");
    const symbol = symbolsOf(program);
    const { records, exitCode } = await recorded(folder, [program]);
    const at = records.findIndex(({ address }) => address === symbol("fault"));
    expect(records[at + 1]?.address).toBe(symbol("handler"));
    expect([records.length, exitCode]).toEqual([at + 4, 0]);
  });

  test("has an increment of a counter under a lock wholly before the next one, of whatever thread", async () => {
    const program = compile(folder, "threads.c", "-pthread");
    const counter = symbolsOf(program)("counter");
    for (let run = 0; run < 20; run++) {
      const { records, exitCode } = await recorded(folder, [program]);
      expect(exitCode).toBe(0);
      const accesses = records.filter(({ address }) => address === counter);
      const pairs = accesses.flatMap((load, n) => (n % 2 === 0 ? [[load, accesses[n + 1]]] : []));
      const wrong = pairs.filter(
        ([load, store]) => load?.kind !== LOAD || store?.kind !== STORE || load.thread !== store.thread,
      );
      expect(wrong.slice(0, 1)).toHaveLength(1); // main reads it at the end
      expect([wrong.length, accesses.length]).toEqual([1, 8 * 500 * 2 + 1]);
      expect(new Set(accesses.map(({ thread }) => thread)).size).toBe(9);
    }
  });

  test("has all threads of a relay, whose numbers QEMU never gives again", async () => {
    const program = compile(folder, "relay.c", "-pthread");
    const left = symbolsOf(program)("left");
    const threads = 5000;
    const { records, exitCode } = await recorded(folder, [program, `${threads}`], { calls: true });
    expect(exitCode).toBe(0);
    const stores = records.filter(({ address, kind }) => address === left && kind !== LOAD);
    const mains = records[0]?.thread;
    const own = stores.filter(({ thread }) => thread !== mains);
    expect([own.length, new Set(own.map(({ thread }) => thread)).size]).toEqual([threads, threads]);
  });

  test("has all forked children, each with its own references", async () => {
    const program = compile(folder, "family.c");
    const mark = symbolsOf(program)("mark");
    const children = 1200; // more than there are rings
    const { records } = await recorded(folder, [program, `${children}`]);
    const stores = new Map<string, number>();
    for (const { thread, address } of records)
      if (address === mark) stores.set(thread, (stores.get(thread) ?? 0) + 1);
    const counts = [...stores.values()].sort((a, b) => a - b);
    expect(counts).toEqual(Array.from({ length: children }, (_, n) => n + 1));
  });

  test("follows the programs that it executes, each with the references that it has alone", async () => {
    const program = compile(folder, "work.c", "-nostdlib");
    const alone = (await recorded(folder, [program])).records.filter(({ kind }) => kind === FETCH);
    const script = join(folder, "script");
    writeFileSync(script, `#!/bin/sh\n${program}\n${program} | cat\nexec ${program}\n`);
    chmodSync(script, 0o755);
    const { records } = await recorded(folder, [script], { follow: true });
    const start = symbolsOf(program)("_start");
    const threads = records.filter(({ address, kind }) => kind === FETCH && address === start);
    expect(threads).toHaveLength(3);
    for (const { thread } of threads) {
      const own = records.filter((record) => record.thread === thread && record.kind === FETCH);
      const from = own.findIndex(({ address }) => address === start);
      const without = ({ address, size }: { address: bigint; size: number }) => [address, size];
      expect(own.slice(from).map(without)).toEqual(alone.map(without));
    }
  });

  test("says once when the program or a child of it becomes another one that is not recorded", () => {
    const script = join(folder, "becomes");
    writeFileSync(
      script,
      "#!/bin/sh\n/bin/true\n/bin/ls /dev/null\n/bin/true\n/bin/missing\nexec /bin/true\n",
    );
    chmodSync(script, 0o755);
    const record = (...options: string[]) => {
      const line = [BIN, "trace", "record", "--quiet", ...options, "-o", join(folder, "becomes.pagewalk")];
      return spawnSync(process.execPath, [...line, "--", script], { encoding: "utf8" }).stderr;
    };
    const remedy = "is executed and not recorded; give --follow, or record it itself";
    expect(record().match(/^pagewalk: .*$/gm)).toEqual([
      `pagewalk: /bin/true ${remedy}`,
      `pagewalk: /bin/ls ${remedy}`,
    ]);
    expect(record("--follow")).not.toContain("pagewalk:");
  });

  test("has its environment in the order of the recorder's, as has one that it executes", () => {
    const line = [BIN, "trace", "record", "--quiet", "--follow", "-o", join(folder, "env.pagewalk")];
    const env = { C: "1", PATH: process.env.PATH, A: "2", B: "3" };
    const seen = (...command: string[]) =>
      execFileSync(process.execPath, [...line, "--", ...command], { env, encoding: "utf8" }).match(/^\w+/gm);
    expect(seen("env")).toEqual(Object.keys(env));
    expect(seen("env", "env")).toEqual(Object.keys(env));
  });

  test("goes on when the program closes all descriptors", async () => {
    const program = compile(folder, "closer.c");
    const mark = symbolsOf(program)("mark");
    const { records } = await recorded(folder, [program]);
    expect(records.filter(({ address }) => address === mark)).toHaveLength(1000);
  });

  test("that is killed has all that it has done", async () => {
    const program = compile(folder, "killed.c");
    const mark = symbolsOf(program)("mark");
    const { records, exitCode } = await recorded(folder, [program]);
    expect(exitCode).toBe(137);
    expect(records.filter(({ address }) => address === mark)).toHaveLength(30_002);
  });

  test("goes on unrecorded when the recorder is killed, and ends", async () => {
    const program = compile(folder, "family.c");
    const marker = join(folder, "ended");
    const shell = `${program} 50; sleep 1; ${program} 50; echo done > ${marker}`;
    const args = [
      BIN,
      "trace",
      "record",
      "--with",
      "qemu",
      "-o",
      join(folder, "part.pagewalk"),
      "--",
      "sh",
      "-c",
      shell,
    ];
    const recorder = spawn(process.execPath, args, { stdio: "ignore" });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    recorder.kill("SIGKILL");
    for (let tries = 0; tries < 600 && !existsSync(marker); tries++)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(readFileSync(marker, "utf8")).toBe("done\n");
  });

  test.each([1, 2])(
    "needs a plugin that compiles without a warning against the types of version %i of its interface",
    (api) => {
      const source = new URL("../../../../src/trace/record/qemu/plugin", import.meta.url).pathname;
      const declared = new URL("programs/interface.c", import.meta.url).pathname;
      const plugin = join(folder, `symbols-${api}.so`);
      const options = ["-O2", "-Wall", "-Wextra", "-Werror", `-DPLUGIN_API=${api}`, "-I", source];
      execFileSync("gcc", [...options, "-c", "-o", join(folder, "interface.o"), declared]);
      execFileSync("gcc", [
        "-shared",
        "-fPIC",
        "-pthread",
        ...options,
        "-o",
        plugin,
        join(source, "plugin.c"),
      ]);
      const of = (...line: string[]) =>
        [...execFileSync("nm", line, { encoding: "utf8" }).matchAll(/ (qemu_plugin_\w+)$/gm)].map(
          ([, name]) => name,
        );
      const used = of("-D", "--undefined-only", plugin);
      const text = execFileSync("gcc", ["-E", ...options, declared], { encoding: "utf8" });
      const known = new Set([...text.matchAll(/\b(qemu_plugin_\w+)\(/g)].map(([, name]) => name));
      expect(used.filter((name) => !known.has(name))).toEqual([]);
      expect(used.length).toBeGreaterThan(15);
      const installed = Number(
        /version (\d+)/.exec(execFileSync("qemu-x86_64", ["--version"], { encoding: "utf8" }))?.[1],
      );
      if ((installed < 9 ? 1 : 2) !== api) return;
      const qemu = execFileSync("sh", ["-c", "command -v qemu-x86_64"], { encoding: "utf8" }).trim();
      const exported = new Set(of("-D", "--defined-only", qemu));
      expect(used.filter((name) => !exported.has(name))).toEqual([]);
    },
  );

  test.skipIf(missingTools("valgrind").length > 0)(
    "has lackey's references, but for the stack's place",
    async () => {
      const program = compile(folder, "work.c", "-nostdlib");
      const { records } = await recorded(folder, [program]);
      const lackey = join(folder, "lackey.pagewalk");
      await recordTrace([program], lackey, { with: "valgrind" });
      const plain = ({ kind, address, size }: { kind: number; address: bigint; size: number }) =>
        `${KINDS[kind]} ${address > 0x1000000n ? "stack" : address.toString(16)},${size}`;
      expect(records.map(plain)).toEqual((await read(lackey)).map(plain));
    },
  );
});

/** The accesses of programs/accesses.S up to `xsave`. */
const ACCESSES = [
  "L source+0,1",
  "S target+2,2",
  "M source+4,4",
  "L source+0,16",
  "L source+32,32",
  "S target+64,32",
  "S target+3,16",
  "L source+0,10",
  "S target+16,10",
  ...[0, 1, 2, 3].flatMap((n) => [`L source+${n},1`, `S target+${n},1`]),
  "S target+4,8",
  "S target+12,8",
  "M source+0,8",
  "M source+8,4",
  "M source+16,4",
  "M source+32,16",
  "S source+1016,8",
  "L source+1016,8",
  "L source+0,8",
  "S source+1016,8",
  "L source+1016,8",
  "S source+8,8",
];
