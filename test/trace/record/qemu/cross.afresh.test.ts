/** Programs of other processors, assembled here, so that no cross compiler is needed. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replay } from "#pagewalk/index.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { BIN } from "../../../cli/command.js";
import { missingTools } from "../../../heap/afresh.js";
import { FETCH, LOAD, STORE } from "../../records.js";
import { recorded } from "./recorded.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const BASE = 0x400000;
const HEADERS = 64 + 56;
const DATA = 0x100; // from the first instruction

/** A static ELF file of 64 bits with one segment, all of whose rights are set. */
function elf(machine: number, code: readonly number[]): Buffer {
  const file = Buffer.alloc(0x1000);
  file.write("\x7fELF", "latin1");
  file.set([2, 1, 1], 4);
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machine, 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(BigInt(BASE + HEADERS), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(7, 68);
  file.writeBigUInt64LE(BigInt(BASE), 80);
  file.writeBigUInt64LE(BigInt(BASE), 88);
  for (const at of [96, 104]) file.writeBigUInt64LE(BigInt(file.length), at);
  file.writeBigUInt64LE(0x1000n, 112);
  for (const [n, word] of code.entries()) file.writeUInt32LE(word, HEADERS + n * 4);
  return file;
}

/** Arm Architecture Reference Manual, A64: each instruction and the accesses that it makes, relative to the data. */
const AARCH64: readonly [word: number, accesses: string][] = [
  [0x10000801, ""], // adr x1, data
  [0xf9400022, "L 0,8"], // ldr x2, [x1]
  [0xf9000422, "S 8,8"], // str x2, [x1, #8]
  [0xa9400c22, "L 0,16"], // ldp x2, x3, [x1]
  [0xa9010c22, "S 16,16"], // stp x2, x3, [x1, #16]
  [0x3dc00020, "L 0,16"], // ldr q0, [x1]
  [0xb9000422, "S 4,4"], // str w2, [x1, #4]
  [0x39400022, "L 0,1"], // ldrb w2, [x1]
  [0xd2800ba8, ""], // mov x8, #93
  [0xd2800000, ""], // mov x0, #0
  [0xd4000001, ""], // svc #0
];

/** The RISC-V Instruction Set Manual, volume I: `amoadd` is one load and store of the same bytes. */
const RISCV64: typeof AARCH64 = [
  [0x00000697, ""], // auipc a3, 0
  [0x10068693, ""], // addi a3, a3, 0x100
  [0x0006b603, "L 0,8"], // ld a2, 0(a3)
  [0x00c6b423, "S 8,8"], // sd a2, 8(a3)
  [0x0006a603, "L 0,4"], // lw a2, 0(a3)
  [0x00c68823, "S 16,1"], // sb a2, 16(a3)
  [0x00c6b72f, "M 0,8"], // amoadd.d a4, a2, (a3)
  [0x05d00893, ""], // li a7, 93
  [0x00000513, ""], // li a0, 0
  [0x00000073, ""], // ecall
];

for (const [cpu, machine, code, arch] of [
  ["aarch64", 183, AARCH64, "aarch64-4k"],
  ["riscv64", 243, RISCV64, "sv39"],
] as const) {
  const missing = missingTools(`qemu-${cpu}`, "gcc");
  const title = `a program of ${cpu} has its accesses, and replays on ${arch}`;
  test.skipIf(missing.length > 0)(
    missing.length > 0 ? `${title}: no ${missing.join(", ")} here` : title,
    async () => {
      const program = join(folder, cpu);
      writeFileSync(
        program,
        elf(
          machine,
          code.map(([word]) => word),
        ),
      );
      chmodSync(program, 0o755);
      const { records, exitCode } = await recorded(folder, [program]);
      expect(exitCode).toBe(0);
      const data = BigInt(BASE + HEADERS + DATA);
      const lines = records.map(({ kind, address, size }) =>
        kind === FETCH ? `I ${address.toString(16)},${size}` : `${"ILSM"[kind]} ${address - data},${size}`,
      );
      const expected = code.flatMap(([, accesses], n) => {
        const fetch = `I ${(BASE + HEADERS + n * 4).toString(16)},4`;
        return accesses === "" ? [fetch] : [fetch, accesses];
      });
      expect(lines).toEqual(expected);
      const { machine: built } = await replay(await openTrace(join(folder, "out.pagewalk")));
      expect(built.arch).toBe(arch);
      const live = execFileSync(process.execPath, [BIN, "run", "--", program], {
        encoding: "utf8",
        stdio: "pipe",
      });
      // With calls, programs lie where QEMU places them: beyond what sv39 maps.
      expect(live).toContain(`System  ${arch === "sv39" ? "sv48" : arch},`);
      expect(live).not.toContain("Signals");
    },
  );
}

/**
 * Returns QEMU's own log of a run, one instruction at a time: the address of each, and its kind of access by the name
 * that its disassembler prints.
 */
function logged(qemu: string, program: string): { address: bigint; access: number | undefined }[] {
  const log = join(folder, "log");
  execFileSync(qemu, ["-singlestep", "-d", "in_asm,exec,nochain", "-D", log, program]);
  const text = readFileSync(log, "latin1");
  const names = new Map<bigint, string>();
  for (const [, address, name = ""] of text.matchAll(/^(0x[0-9a-f]+): {2}[0-9a-f]+ +(\S+)/gm))
    names.set(BigInt(address ?? 0), name);
  return Array.from(text.matchAll(/^Trace [^[]*\[[0-9a-f]+\/([0-9a-f]+)\//gm), ([, hex]) => {
    const address = BigInt(`0x${hex}`);
    const name = names.get(address) ?? "";
    if (/^(ld[rpu]|l[bhwd]u?$)/.test(name)) return { address, access: LOAD };
    return { address, access: /^(st[rpu]|s[bhwd]$)/.test(name) ? STORE : undefined };
  });
}

for (const cpu of ["aarch64", "riscv64"]) {
  const compiler = `${cpu}-linux-gnu-gcc`;
  const missing = missingTools(`qemu-${cpu}`, "gcc", compiler);
  const title = `a compiled program of ${cpu} has the instructions, loads and stores of QEMU's log`;
  test.skipIf(missing.length > 0)(
    missing.length > 0 ? `${title}: no ${missing.join(", ")} here` : title,
    async () => {
      const program = join(folder, `portable-${cpu}`);
      const source = new URL("programs/portable.c", import.meta.url).pathname;
      execFileSync(compiler, ["-O1", "-static", "-nostdlib", "-Wl,--no-relax", "-o", program, source]);
      const due = logged(`qemu-${cpu}`, program);
      const { records } = await recorded(folder, [program]);
      const fetched = records.filter(({ kind }) => kind === FETCH).map(({ address }) => address);
      expect(fetched).toEqual(due.map(({ address }) => address));
      const accesses = records.filter(({ kind }) => kind !== FETCH).map(({ kind }) => kind);
      expect(accesses).toEqual(due.flatMap(({ access }) => (access === undefined ? [] : [access])));
      const highest = records.reduce((most, { address }) => (address > most ? address : most), 0n);
      if (cpu === "riscv64") expect([highest < 1n << 38n, highest > 1n << 37n]).toEqual([true, true]);
      expect([fetched.length > 50_000, accesses.length > 10_000]).toEqual([true, true]);
    },
  );
}
