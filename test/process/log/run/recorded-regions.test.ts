/** The names of a recording's regions: those at its start, and those that its calls map later. */
import { describe, expect, test } from "vitest";
import { openTrace } from "#pagewalk/index.js";
import { recordedRegions } from "#pagewalk/process/log/run/recorded-regions.js";

async function regionsOf(...calls: string[]): Promise<string[]> {
  const text = new TextEncoder().encode(`${calls.join("\n")}\n`);
  const regions = await recordedRegions(await openTrace(text, { name: "log", format: "calls" }));
  return regions.map(
    ({ start, end, protection, name }) => `${start.toString(16)}-${end.toString(16)} ${protection} ${name}`,
  );
}

describe("the regions of a recording", () => {
  test("are named by the file that was opened, and parts mapped over it have their own protection", async () => {
    expect(
      await regionsOf(
        'openat(-100, "/lib/libc.so.6", 524288) = 0x3',
        "mmap(0x0, 16384, 1, 2050, 3, 0) = 0x4874000",
        "mmap(0x4875000, 4097, 5, 2066, 3, 4096) = 0x4875000",
        "mmap(0x0, 5000, 3, 34, -1, 0) = 0x4890000",
      ),
    ).toEqual([
      "4874000-4875000 r-- /lib/libc.so.6",
      "4875000-4877000 r-x /lib/libc.so.6",
      "4877000-4878000 r-- /lib/libc.so.6",
      "4890000-4892000 rw- ",
    ]);
  });

  test("include those of programs that are executed, where none was", async () => {
    expect(
      await regionsOf(
        "mmap(0x0, 8192, 3, 34, -1, 0) = 0x20000",
        '[pid 7] region(0x21000, 0x23000, "r-xp", 0, "/bin/ls")',
        '[pid 7] execve("/bin/ls", ["ls"], 0x4000) = 0',
      ),
    ).toEqual(["20000-22000 rw- ", "22000-23000 r-x /bin/ls"]);
  });

  test("grow with the heap, and keep the first name of an address that is mapped again", async () => {
    expect(
      await regionsOf(
        "brk(0x0) = 0x5000",
        "brk(0x7000) = 0x7000",
        "brk(0x9000) = 0x9000",
        'open("/etc/a", 0) = 0x4',
        "mmap(0x0, 4096, 1, 2, 4, 0) = 0x20000",
        "munmap(0x20000, 4096) = 0",
        'open("/etc/b", 0) = 0x4',
        "mmap(0x0, 8192, 1, 2, 4, 0) = 0x20000",
        'open("/etc/c", 0) = -1 ENOENT',
        "mmap(0x0, 8192, 1, 2, 4, 0) = -1 ENOMEM",
      ),
    ).toEqual([
      "5000-7000 rw- [heap]",
      "7000-9000 rw- [heap]",
      "20000-21000 r-- /etc/a",
      "21000-22000 r-- /etc/b",
    ]);
  });
});
