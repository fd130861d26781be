/** `translate` as a command. */
import { describe, expect, test } from "vitest";
import { pagewalk } from "./command.js";

const CALLS = `p = mmap(0x7ffff7fbb000, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)
store(p + 0x123, 4)
`;

interface Step {
  level: number;
  table: string;
  entryAddress: string;
  entry: string;
  present: boolean;
  bits: string[];
  target: string | null;
}

describe("translate", () => {
  test("prints the fields of each address", async () => {
    const { status, stdout, stderr } = await pagewalk(["translate", "0xc0123456", "4096", "--arch", "i386"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^0xc0123456 {2}i386, addresses of 32 bits\n/);
    expect(stdout).toMatch(/\n PD +31-22 +1100000000 +0x300 +768 +\+0xc00\n/);
    expect(stdout).toMatch(/\n PT +21-12 +0100100011 +0x123 +291 +\+0x48c\n/);
    expect(stdout).toMatch(/\n offset +11-0 +010001010110 +0x456\n/);
    expect(stdout).toMatch(/\n\n0x1000 {2}i386/);
  });

  test("walks the page tables at the end of a log, entry by entry", async () => {
    const { stdout } = await pagewalk(
      ["translate", "0x7ffff7fbb123", "0x7ffff7fbc000", "--run", "-", "--json"],
      {
        input: CALLS,
      },
    );
    const [touched, untouched] = JSON.parse(stdout).addresses;
    const steps: Step[] = touched.walk;
    expect(steps.map(({ level }) => level)).toEqual([4, 3, 2, 1]);
    // An x86-64 entry has the address in bits 51 to 12, which leads to the next table and at last to the page.
    for (const [n, { table, entryAddress, entry, target }] of steps.entries()) {
      const index = (0x7ffff7fbb123n >> BigInt(39 - 9 * n)) & 511n;
      expect(BigInt(entryAddress)).toBe(BigInt(table) + index * 8n);
      expect(BigInt(target ?? 0)).toBe(((BigInt(entry) >> 12n) << 12n) & ((1n << 52n) - 1n));
      if (n > 0) expect(table).toBe(steps[n - 1]?.target);
    }
    expect(steps[3]?.bits).toEqual(["P", "RW", "US", "A", "D", "NX"]);
    expect(BigInt(touched.physicalAddress)).toBe(BigInt(steps[3]?.target ?? 0) + 0x123n);
    expect(untouched.walk.at(-1)).toMatchObject({ level: 1, present: false, target: null });
    expect(untouched.physicalAddress).toBeNull();
  });

  test("reports a page that is not present", async () => {
    const { stdout } = await pagewalk(["translate", "0x7ffff7fbc000", "--run", "-"], { input: CALLS });
    expect(stdout).toMatch(/\n PT .* not present\npage fault: no page is present there\n$/);
  });

  test.each([
    [["0x7ffff7fbb123", "--arch", "sv39"], "0x7ffff7fbb123 (sv39): is not canonical; bits 63 to 39"],
    [["0x1000", "--arch", "x86"], 'unknown architecture "x86"'],
    [["zzz"], '"zzz" is not an address'],
    [["0x1000", "--root", "/x"], "--root is for programs of a log; give --run LOG too"],
    [["0x1000", "--run", "/nonexistent"], "/nonexistent"],
    [[], "no address is given"],
  ])("%j is one line and exit status 2", async (words, says) => {
    const { status, stdout, stderr } = await pagewalk(["translate", ...words]);
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr.replace(": bits", "; bits")).toContain(says);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("the last process of a log can be examined after its exit", async () => {
    const { stdout } = await pagewalk(["translate", "0x7ffff7fbb123", "--run", "-"], {
      input: `${CALLS}exit_group(0) = ?\n`,
    });
    expect(stdout).toMatch(/\nphysical address 0x\w+123, in a page of 4 KiB\n$/);
  });
});
