import { describe, expect, test } from "vitest";
import { parseCount, parseSize, parseSizeOrZero, sizeText } from "#pagewalk/units.js";

describe("a size", () => {
  test.each([
    ["4096", 4096],
    ["64KiB", 65536],
    ["64K", 65536],
    ["64k", 65536],
    ["64KB", 65536],
    ["16MiB", 2 ** 24],
    ["16M", 2 ** 24],
    ["16mb", 2 ** 24],
    ["1GiB", 2 ** 30],
    ["1G", 2 ** 30],
    ["1.5 gib", 3 * 2 ** 29],
    ["2TiB", 2 ** 41],
    ["2t", 2 ** 41],
    ["7B", 7],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test("may be a number", () => {
    expect(parseSize(512)).toBe(512);
  });

  test.each(["", "MiB", "-4096", "12 apples", "1e9", "0x1000", "16i", "16Ki", "16X"])("is not %j", (text) => {
    const problem = `"${text}" is not a size; give bytes or a size such as 64KiB, 16M or 1GiB`;
    expect(() => parseSize(text)).toThrow(problem);
  });

  test.each([
    ["0", "the size is zero"],
    ["0GiB", "the size is zero"],
    ["0.3B", "0.3B is not a whole number of bytes"],
    ["9007199254740993", "too large"],
    ["99999999TiB", "too large"],
  ])("of %s is refused", (text, problem) => {
    expect(() => parseSize(text)).toThrow(problem);
  });

  test("of zero means none if allowed", () => {
    expect(["0", "0K", 0].map(parseSizeOrZero)).toEqual([0, 0, 0]);
    expect(() => parseSizeOrZero("")).toThrow("is not a size");
  });

  test("is written in its largest whole unit, and read back", () => {
    const written = [1, 1000, 4096, 5000, 2 ** 20, 3 * 2 ** 29, 2 ** 52].map(sizeText);
    expect(written).toEqual(["1 byte", "1000 bytes", "4KiB", "5000 bytes", "1MiB", "1536MiB", "4096TiB"]);
    expect(parseSize(sizeText(3 * 2 ** 29))).toBe(3 * 2 ** 29);
  });
});

describe("a count", () => {
  test.each([
    ["1000", 1000],
    ["1e6", 1_000_000],
    ["1,000,000", 1_000_000],
    ["1_000", 1000],
    ["0x10", 16],
  ])("%s is %d", (text, value) => {
    expect(parseCount(text)).toBe(value);
  });

  test.each(["", "x", "1.5", "-1", "1e30"])("is not %j", (text) => {
    expect(() => parseCount(text)).toThrow();
  });
});
