import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BIN, pagewalk, RECORDING } from "./command.js";

describe("the command", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("prints its version", async () => {
    const manifest = new URL("../../package.json", import.meta.url);
    const { version }: { version: string } = JSON.parse(readFileSync(manifest, "utf8"));
    expect(await pagewalk(["--version"])).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  });

  test.each([[["--help"]], [["help", "replay"]], [["help", "trace", "convert"]]])(
    "%j prints help of at most 80 columns",
    async (args) => {
      const { status, stdout, stderr } = await pagewalk(args);
      expect(status).toBe(0);
      expect(stderr).toBe("");
      expect(stdout).toMatch(/^Usage: pagewalk/);
      expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
    },
  );

  test("replay prints the contract's JSON, key by key", async () => {
    const { status, stdout, stderr } = await pagewalk(["replay", RECORDING, "--json"]);
    expect(status).toBe(0);
    expect(stderr).toBe("");
    const any = expect.any(Number);
    const counts = { lookups: any, hits: any, misses: any };
    expect(JSON.parse(stdout)).toMatchObject({
      trace: {
        path: RECORDING,
        format: "pagewalk",
        references: any,
        instructionFetches: any,
        loads: any,
        stores: any,
        modifies: any,
        distinctPages: 355,
      },
      machine: {
        arch: "x86-64",
        pageSize: 4096,
        memoryBytes: any,
        policy: "clock",
        tlb: { l1i: "64x4", l1d: "64x4", l2: "1536x12" },
      },
      tlb: { l1i: counts, l1d: counts, l2: counts },
      walks: { count: any, memoryReferences: any, cacheHits: any },
      faults: { minor: 355, major: 0, protection: 0, segmentation: 0 },
      frames: { total: any, peakUsed: any, pageTablePages: any },
      replacement: { evictions: 0, writebacks: 0, swapIns: 0 },
      time: { seconds: any, referencesPerSecond: any },
    });
  });

  test("compare prints the contract's JSON, key by key", async () => {
    const args = ["compare", RECORDING, "--policies", "lru,fifo", "--frames", "16,10%", "--json"];
    const { status, stdout, stderr } = await pagewalk(args);
    expect(status).toBe(0);
    expect(stderr).toBe("");
    const any = expect.any(Number);
    const { results }: { results: { policy: string; frames: number }[] } = JSON.parse(stdout);
    expect(results.map(({ policy, frames }) => [policy, frames])).toEqual([
      ["lru", 16],
      ["fifo", 16],
      ["lru", 35],
      ["fifo", 35],
    ]);
    expect(results[0]).toEqual({
      trace: RECORDING,
      policy: "lru",
      frames: 16,
      requests: any,
      hits: any,
      misses: any,
      writebacks: any,
      missRatio: any,
      seconds: any,
      requestsPerSecond: any,
    });
  });

  test("compare also writes its results as comma-separated values", async () => {
    const out = file("misses.csv");
    const args = ["compare", RECORDING, "--policies", "lru,clock", "--frames", "64", "--json", "--csv", out];
    const { stdout } = await pagewalk(args);
    const { results }: { results: Record<string, string | number>[] } = JSON.parse(stdout);
    const [head, ...lines] = readFileSync(out, "utf8").trimEnd().split("\n");
    expect(head).toBe(
      "trace,policy,frames,requests,hits,misses,writebacks,missRatio,seconds,requestsPerSecond",
    );
    expect(lines).toEqual(results.map((row) => Object.values(row).join(",")));
  });

  test("text reports have thousands separators, and no colour codes in a pipe", async () => {
    const { stdout } = await pagewalk(["replay", RECORDING]);
    expect(stdout).toMatch(/instruction fetches +5,493,814 +83\.34 %/);
    expect(stdout).toContain("Machine  x86-64, memory as needed, pages of 4 KiB\n");
    expect(stdout).not.toContain("\u001b");
  });

  test("colour can be switched on and off", async () => {
    const args = ["trace", "info", RECORDING];
    expect((await pagewalk(args, { env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001b[");
    expect((await pagewalk(args, { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout).not.toContain(
      "\u001b[",
    );
  });

  test("a trace on standard input gives the same results", async () => {
    const parse = (text: string) => {
      const { trace, time, ...rest } = JSON.parse(text);
      return { ...rest, trace: { ...trace, path: "" } };
    };
    const fromFile = await pagewalk(["replay", RECORDING, "--json"]);
    const fromPipe = await pagewalk(["replay", "-", "--json"], { input: readFileSync(RECORDING) });
    expect(fromPipe.stderr).toBe("");
    expect(parse(fromPipe.stdout)).toEqual(parse(fromFile.stdout));
  });

  test("a generated trace is the same in each run, and differs with another seed", async () => {
    const generated = async (seed: string) => {
      const args = [
        "trace",
        "generate",
        "zipf",
        "--references",
        "1000",
        "--seed",
        seed,
        "--to",
        "lackey",
        "-o",
        "-",
      ];
      return (await pagewalk(args)).stdout;
    };
    const [first, again, other] = await Promise.all([generated("1"), generated("1"), generated("2")]);
    expect(first.trimEnd().split("\n")).toHaveLength(1000);
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  test("converting to another format and back gives the same text", async () => {
    const there = await pagewalk(["trace", "convert", RECORDING, file("there.lackey")]);
    expect(there).toEqual({ status: 0, stdout: "", stderr: "" });
    await pagewalk(["trace", "convert", file("there.lackey"), file("back.pagewalk")]);
    await pagewalk(["trace", "convert", file("back.pagewalk"), file("again.lackey")]);
    expect(readFileSync(file("again.lackey")).equals(readFileSync(file("there.lackey")))).toBe(true);
  });

  test("a conversion reports its losses, except with --quiet", async () => {
    const { status, stdout, stderr } = await pagewalk(["trace", "convert", RECORDING, file("lossy.address")]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toMatch(
      /^pagewalk: \S+lossy\.address: address cannot hold the kinds of 5,511,490 references and the sizes of [\d,]+ /,
    );
    const quiet = await pagewalk(["trace", "convert", RECORDING, file("lossy.address"), "--quiet"]);
    expect(quiet).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("a conversion's JSON contains the losses", async () => {
    const { stdout } = await pagewalk([
      "trace",
      "convert",
      RECORDING,
      file("lossy.din"),
      "--json",
      "--quiet",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      format: "din",
      modifies: 17_676,
      callsDropped: 0,
      lost: { kinds: 17_676, sizes: 0, addresses: 0 },
    });
  });

  test("a table without a header is compared by numbers of columns, in workers too", async () => {
    const table = Array.from({ length: 60_000 }, (_, i) => `x;${(i * 7919) % 500}`).join("\n");
    writeFileSync(file("table.csv"), table);
    const args = ["compare", file("table.csv"), "--columns", "page=2", "--policies", "lru,fifo"];
    const { status, stdout, stderr } = await pagewalk([
      ...args,
      "--frames",
      "10,500",
      "--jobs",
      "2",
      "--json",
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { results }: { results: { frames: number; misses: number }[] } = JSON.parse(stdout);
    expect(results.map(({ frames, misses }) => [frames, misses])).toEqual([
      [10, 60_000],
      [10, 60_000],
      [500, 500],
      [500, 500],
    ]);
  });

  test("a closed pipe is not an error", async () => {
    const args = ["trace", "generate", "loop", "--references", "10000000", "--to", "lackey", "-o", "-"];
    const { status, stderr } = await headOf(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("an interrupted command leaves no file and exits with 130", async () => {
    const before = readdirSync(folder);
    const out = file("endless.lackey");
    const child = spawn(process.execPath, [
      ...[BIN, "trace", "generate", "uniform", "--references", "1e12", "-o", out],
    ]);
    while (!readdirSync(folder).some((name) => name.endsWith(".partial"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill("SIGINT");
    const status = await new Promise((resolve) => child.once("exit", resolve));
    expect(status).toBe(130);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(folder)).toEqual(before);
  });
});

/** Runs the command with a reader that closes the pipe early, as `| head` does. */
function headOf(args: readonly string[]): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdout.once("data", () => child.stdout.destroy());
  return new Promise((resolve) => child.once("close", (status) => resolve({ status, stderr })));
}
