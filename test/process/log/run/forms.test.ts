import { describe, expect, test } from "vitest";
import { runLines } from "../../logs.js";

const ANYWHERE = "PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS";

describe("forms of strace's output", () => {
  test("old_mmap of kernels before 2.4 is mmap, on 32 bits", async () => {
    const lines = [`p = old_mmap(NULL, 8192, ${ANYWHERE}, -1, 0)`, "mprotect(p, 4096, PROT_NONE) = 0"];
    const { stopped, mismatched, process } = await runLines(lines, { arch: "i386", verify: true });
    expect(stopped).toBeUndefined();
    expect(mismatched).toBe(0);
    expect(process.maps.map(({ permissions }) => permissions)).toEqual(["---p", "rw-p"]);
    const compatible = await runLines(lines);
    expect(compatible.process.maps.every(({ end }) => end < 0xffffe000n || end > 2n ** 63n)).toBe(true);
    const wide = await runLines(lines, { arch: "sv39" });
    expect(wide.stopped?.message).toMatch(/^log:1: sv39 has no old_mmap; name the architecture/);
  });

  test("a call that is cut off in its line is skipped, and reported", async () => {
    const { stopped, otherLines, checked, warnings } = await runLines(
      [
        ...Array<string>(3).fill("brk(NULL) = 0x55555557b000"),
        "munmap(0x7ffff7f",
        "mmap(NULL, 8192, PROT_READ|PROT_WRI",
      ],
      { verify: true },
    );
    expect(stopped).toBeUndefined();
    expect([otherLines, checked]).toEqual([2, 3]);
    expect(warnings[0]).toMatch(/^log:4: "munmap\(0x7ffff7f" is not a call, nor is 1 other line; /);
  });

  test("an injected result changes nothing, and is not compared", async () => {
    const { checked, mismatched, skipped, process } = await runLines(
      [
        `mmap(NULL, 8192, ${ANYWHERE}, -1, 0) = 0x7ffff7ffd000`,
        "mprotect(0x7ffff7ffd000, 4096, PROT_READ) = -1 EPERM (Operation not permitted) (INJECTED)",
        "mprotect(0x7ffff7ffd000, 4096, PROT_NONE) = 0 (INJECTED)",
        'open("/dev/null", O_RDONLY) = 7 (INJECTED)',
        "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 7, 0) = -1 EBADF (Bad file descriptor) (INJECTED)",
      ],
      { verify: true },
    );
    expect({ checked, mismatched }).toEqual({ checked: 1, mismatched: 0 });
    expect(skipped).toEqual({ mprotect: 2, open: 1, mmap: 1 });
    expect(process.maps[0]).toMatchObject({
      start: 0x7ffff7ffd000n,
      end: 0x7ffff7fff000n,
      permissions: "rw-p",
    });
  });

  test("a handler without names of fields survives its signal", async () => {
    const { process } = await runLines([
      "rt_sigaction(SIGSEGV, {0x4005c0, [SEGV], SA_RESTORER|SA_RESTART, 0x7f0000}, {SIG_DFL, [], 0}, 8) = 0",
      "store(0x1000, 4)",
      "rt_sigaction(SIGSEGV, {SIG_DFL, [], 0}, NULL, 8) = 0",
    ]);
    expect(process.alive).toBe(true);
  });

  test("a program's output between the lines does not change the answers", async () => {
    const calls = [
      `p = mmap(NULL, 8192, ${ANYWHERE}, -1, 0) = 0x7ffff7ffd000`,
      "store(p, 1)",
      "munmap(p, 8192) = 0",
    ];
    const {
      stopped,
      mismatched,
      calls: run,
      otherLines,
    } = await runLines(
      calls.flatMap((line) => [line, "some output"]),
      { verify: true },
    );
    expect({ stopped, mismatched, run, otherLines }).toEqual({
      stopped: undefined,
      mismatched: 0,
      run: 3,
      otherLines: 3,
    });
  });
});
