/**
 * Programs recorded by QEMU and by valgrind, with one environment and a processor of one kind, so that libc chooses the
 * same functions. The TLBs are fully associative, because the regions lie at other addresses.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTrace, replay } from "#pagewalk/index.js";
import { isDebug } from "../build.js";
import { BIN } from "../cli/command.js";
import { missingTools } from "../heap/afresh.js";

const TLB = "l1i=64x64,l1d=64x64,l2=1536x1536";
const TOLERANCE = 0.001;
/** Misses by which a count below 4,000 may differ: programs read limits, loads and processors, which differ by machine. */
const LEAST = 4;

/** The processor that valgrind shows where it finds AVX2, in QEMU's words; and the caches that both then have. */
const QEMU_CPU = ["Haswell-noTSX", "pcid", "x2apic", "tsc-deadline", "invpcid", "f16c", "rdrand"].join(",-");
const CACHES = ["data_cache_size=0x8000", "shared_cache_size=0x800000", "non_temporal_threshold=0x200000"];
const ENVIRONMENT = {
  PATH: process.env.PATH ?? "",
  LC_ALL: "C",
  GLIBC_TUNABLES: CACHES.map((cache) => `glibc.cpu.x86_${cache}`).join(":"),
};

const missing = missingTools("qemu-x86_64", "valgrind", "gcc");
const hasAvx2 = () => readFileSync("/proc/cpuinfo", "utf8").includes(" avx2 ");
if (missing.length === 0 && !hasAvx2()) missing.push("processor with AVX2");
const title = `TLB misses${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;

describe.runIf(!isDebug && missing.length === 0)(title, () => {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
  const words = join(folder, "words");
  /** The environment under valgrind, which adds variables; one of them loads a library. */
  let environment: NodeJS.ProcessEnv = {};

  beforeAll(() => {
    const lines = Array.from({ length: 500 }, (_, n) => `${(n * 7919) % 10_007} word${n % 97}\n`);
    writeFileSync(words, lines.join(""));
    const shown = execFileSync("valgrind", ["-q", "--tool=none", "env"], {
      env: ENVIRONMENT,
      encoding: "utf8",
    });
    environment = Object.fromEntries(
      Array.from(shown.matchAll(/^(\w+)=(.*)$/gm), ([, name, value]) => [name, value]),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function misses(
    recorder: "qemu" | "valgrind",
    command: readonly string[],
  ): Promise<(number | undefined)[]> {
    const out = join(folder, `${recorder}.pagewalk`);
    const env = recorder === "qemu" ? { ...environment, QEMU_CPU } : ENVIRONMENT;
    const args = [BIN, "trace", "record", "--quiet", "--with", recorder, "-o", out, "--", ...command];
    execFileSync(process.execPath, args, { env, stdio: "ignore" });
    const { tlb } = await replay(await openTrace(out), { tlb: TLB });
    rmSync(out);
    return [tlb.l1i?.misses, tlb.l1d?.misses, tlb.l2?.misses];
  }

  test.each([1, 2, 3, 4, 5])("of static program %i are those of valgrind's recording", async (number) => {
    const program = join(folder, "program");
    const source = fileURLToPath(new URL("programs.c", import.meta.url));
    execFileSync("gcc", ["-O1", "-static", `-DPROGRAM=${number}`, "-o", program, source]);
    expect(await misses("qemu", [program])).toEqual(await misses("valgrind", [program]));
  });

  test.each([
    ["ls", ["-l", "/etc"]],
    ["sort", [words]],
    ["awk", ["{ n[$2]++ } END { for (k in n) s++; print s }", words]],
    ["gzip", ["-c", words]],
    ["sha256sum", [words]],
  ])("of %s are within 0.1 %%, or four, of those of valgrind's recording", async (name, args) => {
    const due = await misses("valgrind", [name, ...args]);
    const counts = await misses("qemu", [name, ...args]);
    for (const [level, count = 0] of counts.entries()) {
      const other = due[level] ?? 0;
      expect(other).toBeGreaterThan(50);
      const allowed = Math.max(LEAST, other * TOLERANCE);
      expect(Math.abs(count - other), `${counts} and ${due}`).toBeLessThanOrEqual(allowed);
    }
  });
});
