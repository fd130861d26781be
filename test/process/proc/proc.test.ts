import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { mapsText, type Process, smapsText, spawn, statusText, statusView } from "#pagewalk/index.js";

const isLinux = process.platform === "linux";
const proc = (file: string) => readFileSync(`/proc/self/${file}`, "utf8");

/**
 * The form of each line: all digits are replaced by one, columns are kept. The kernel widens a column of 8 for a longer
 * value.
 */
const shapes = (text: string) =>
  text.split("\n").map((line) => line.replace(/ *\d+ kB$/, (value) => `${"#".repeat(columnsOf(value))} kB`));
const columnsOf = (value: string) => (/^\d{9}/.test(value) ? 8 : value.length - " kB".length);

async function busy(): Promise<Process> {
  const it = await spawn();
  const { value } = it.mmap(0, 1 << 20, "PROT_READ|PROT_WRITE", "MAP_PRIVATE|MAP_ANONYMOUS");
  it.store(value, 1 << 16);
  it.mlock(value, 8192);
  it.mmap(0, 4096, "PROT_READ", "MAP_SHARED", "/a\nb");
  return it;
}

describe.runIf(isLinux)(`what /proc shows${isLinux ? "" : ": no /proc here"}`, () => {
  test("maps has the columns of this machine's file", async () => {
    const ours = mapsText((await busy()).regions()).split("\n");
    const theirs = proc("maps").split("\n");
    for (const name of ["[stack]", "[vdso]"]) {
      const line = (lines: readonly string[]) => lines.find((one) => one.endsWith(name)) ?? "";
      expect(line(ours).replaceAll(/[0-9a-f]/g, "0")).toBe(line(theirs).replaceAll(/[0-9a-f]/g, "0"));
    }
    // A line without a name ends in a blank.
    expect(ours.filter((line) => line.endsWith(" 00:00 0 "))).toHaveLength(2);
  });

  test("a line end in a name is written as the kernel writes it", async () => {
    expect(mapsText((await busy()).regions())).toContain(" /a\\012b\n");
  });

  test("smaps has the lines of this machine's file, in order and columns", async () => {
    const regions = (text: string) => text.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
    const ours = regions(smapsText((await busy()).regions()));
    const theirs = regions(proc("smaps"));
    const lines = (region = "") =>
      shapes(region)
        .slice(1)
        .filter((line) => !/^(VmFlags|ProtectionKey|THPeligible)/.test(line));
    expect(lines(ours[0])).toEqual(lines(theirs[0]));
    expect(ours[0]).toMatch(/^THPeligible: {11}\d\nVmFlags: (\w\w )+\n$/m);
    expect(theirs[0]).toMatch(/^THPeligible: {11}\d\n(ProtectionKey: +\d\n)?VmFlags: (\w\w )+\n$/m);
  });

  test("status has the memory lines of this machine's file, in order and columns", async () => {
    const memory = (text: string) => shapes(text).filter((line) => /^(Vm|Rss)/.test(line));
    expect(memory(statusText(statusView(await busy())))).toEqual(memory(proc("status")));
  });
});

test("status has the sums of smaps", async () => {
  const it = await busy();
  const { residentBytes, lockedBytes, sizeBytes } = statusView(it);
  const regions = it.regions().filter(({ name }) => name !== "[vsyscall]");
  const sum = (value: (region: (typeof regions)[number]) => number) =>
    regions.reduce((total, region) => total + value(region), 0);
  expect(residentBytes).toBe(sum(({ rssBytes }) => rssBytes));
  expect(lockedBytes).toBe(sum(({ lockedBytes: bytes }) => bytes));
  expect(sizeBytes).toBe(sum(({ start, end }) => Number(end - start)));
});
