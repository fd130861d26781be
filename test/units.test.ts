import { describe, expect, test } from "vitest";
import { parseSize } from "#pagewalk/units.js";

describe("a size", () => {
  test.each([
    ["4096", 4096],
    ["64KiB", 65536],
    ["16MiB", 2 ** 24],
    ["1GiB", 2 ** 30],
    ["1.5 gib", 3 * 2 ** 29],
    ["2TiB", 2 ** 41],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text, "--memory")).toBe(bytes);
  });

  test("may be a number", () => {
    expect(parseSize(512, "memory")).toBe(512);
  });

  test.each(["", "MiB", "-4096", "12 apples", "1e9", "0x1000", "16MB", "16M"])("is not %j", (text) => {
    expect(() => parseSize(text, "--memory")).toThrow(
      `--memory: "${text}" is not a size; give bytes or a size`,
    );
  });

  test.each([
    ["0", "zero makes no sense"],
    ["0GiB", "zero makes no sense"],
    ["0.3B", "0.3B is not a whole number of bytes"],
    ["9007199254740993", "absurdly large"],
    ["99999999TiB", "absurdly large"],
  ])("of %s is refused", (text, problem) => {
    expect(() => parseSize(text, "--memory")).toThrow(problem);
  });
});
