import { describe, expect, test } from "vitest";
import { readElf } from "#pagewalk/elf/elf.js";
import { type Process, runLog, System, UsageError } from "#pagewalk/index.js";
import { exec } from "#pagewalk/process/program/exec.js";
import { ARCHITECTURE_NAMES } from "../../../assembly/abi/names.js";
import { elf, movable } from "./elf-file.js";

const program = (bytes: Uint8Array, path = "/bin/program") => ({
  path,
  elf: readElf(bytes, path),
  sizeBytes: 1n << 20n,
});
const linker = program(
  elf({ segments: [{ kind: 1, flags: 5, address: 0, offset: 0, fileBytes: 0x2000, memoryBytes: 0x2000 }] }),
  "/lib64/ld.so",
);

/** Start, end, permissions and name of each region. */
const regionsOf = (process: Process) =>
  process
    .regions()
    .map(
      ({ start, end, permissions, name }) =>
        `${start.toString(16)}-${end.toString(16)} ${permissions} ${name}`,
    );

async function executed(bytes: Uint8Array, options = {}): Promise<Process> {
  const process = (await System.create(options)).start();
  exec(process, { program: program(bytes), interpreter: linker });
  return process;
}

describe("execve", () => {
  test("places a movable program at two thirds of the addresses, its linker and the kernel's mappings below the stack", async () => {
    expect(regionsOf(await executed(movable()))).toEqual([
      "555555554000-555555555000 r--p /bin/program",
      "555555555000-555555556000 r-xp /bin/program",
      "555555557000-555555559000 rw-p /bin/program",
      "7ffff7ff5000-7ffff7ff9000 r--p [vvar]",
      "7ffff7ff9000-7ffff7ffb000 r--p [vvar_vclock]",
      "7ffff7ffb000-7ffff7ffd000 r-xp [vdso]",
      "7ffff7ffd000-7ffff7fff000 r-xp /lib64/ld.so",
      "7ffffffde000-7ffffffff000 rw-p [stack]",
      "ffffffffff600000-ffffffffff601000 --xp [vsyscall]",
    ]);
  });

  test("clears the rest of the data's last page, and maps the rest of bss", async () => {
    const bytes = movable({
      segments: [{ kind: 1, flags: 6, address: 0, offset: 0, fileBytes: 0x260, memoryBytes: 0x3000 }],
    });
    const process = await executed(bytes);
    expect(regionsOf(process).slice(0, 2)).toEqual([
      "555555554000-555555555000 rw-p /bin/program",
      "555555555000-555555557000 rw-p ",
    ]);
    expect(process.space.kernel.page(0x555555554000n).content).toBe("anonymous");
    expect(process.load(0x555555556fffn).signal).toBeUndefined();
  });

  test("starts the break behind the program's bss", async () => {
    const process = await executed(movable());
    expect(process.brk().value).toBe(0x555555559000n);
    process.brk(0x55555555a000n);
    expect(regionsOf(process)).toContain("555555559000-55555555a000 rw-p [heap]");
  });

  test("places the break of a movable program without a linker at the base of programs", async () => {
    const bytes = elf({
      segments: [{ kind: 1, flags: 7, address: 0, offset: 0, fileBytes: 9, memoryBytes: 9 }],
    });
    const process = await executed(bytes);
    expect(process.brk().value).toBe(0x555555555000n);
    expect(regionsOf(process)).toContain("7ffff7ffe000-7ffff7fff000 rwxp /bin/program");
  });

  test("places a program at the addresses for which it was linked", async () => {
    const bytes = elf({
      type: 2,
      segments: [{ kind: 1, flags: 5, address: 0x400000, offset: 0, fileBytes: 9, memoryBytes: 9 }],
    });
    expect(regionsOf(await executed(bytes))[0]).toBe("400000-401000 r-xp /bin/program");
  });

  test("names the limit that leaves no room for a program", async () => {
    await expect(executed(movable(), { ulimit: "as=4KiB" })).rejects.toThrow(
      '/bin/program cannot be mapped at 0x555555554000 (ENOMEM); raise the limit "as" in ulimit',
    );
  });

  test("moves a program down to its alignment", async () => {
    const bytes = movable({
      segments: [{ kind: 1, flags: 5, address: 0, offset: 0, fileBytes: 9, memoryBytes: 9, align: 0x200000 }],
    });
    expect(regionsOf(await executed(bytes))[0]).toBe("555555400000-555555401000 r-xp /bin/program");
  });

  test("gives an executable stack to a program without a PT_GNU_STACK header", async () => {
    const bytes = elf({
      segments: [{ kind: 1, flags: 5, address: 0, offset: 0, fileBytes: 9, memoryBytes: 9 }],
    });
    expect(regionsOf(await executed(bytes))).toContain("7ffffffde000-7ffffffff000 rwxp [stack]");
  });

  test.each([
    ["stack=64KiB", "7ffffffef000-7ffffffff000"],
    ["stack=8MiB", "7ffffffde000-7ffffffff000"],
    ["stack=unlimited", "7ffffffde000-7ffffffff000"],
  ])("limits the initial stack by %s", async (ulimit, range) => {
    expect(regionsOf(await executed(movable(), { ulimit }))).toContain(`${range} rw-p [stack]`);
  });

  test("refuses a program whose file ends before its data", async () => {
    const process = (await System.create()).start();
    const short = { ...program(movable()), sizeBytes: 4096n };
    expect(() => exec(process, { program: short, interpreter: linker })).toThrow(
      /^\/bin\/program ends before its data does; give the whole file$/,
    );
  });

  test("refuses a program for another machine", async () => {
    await expect(executed(movable({ machine: 183 }))).rejects.toThrow(UsageError);
    await expect(executed(movable({ machine: 183 }))).rejects.toThrow(/another machine \(ELF machine 183\)/);
  });

  test.each(ARCHITECTURE_NAMES)(
    "has a typical program for programs of %s that are not available",
    async (arch) => {
      const result = await runLog(new TextEncoder().encode('execve("/bin/x", ["x"], 0) = 0\nbrk(NULL)\n'), {
        arch,
      });
      expect(result.stopped).toBeUndefined();
      expect(result.warnings).toHaveLength(1);
      expect(result.process.maps.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["/bin/x", "[vdso]", "[stack]"]),
      );
      expect(result.system.isValid()).toBe(true);
    },
  );
});
