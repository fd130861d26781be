import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatCounted,
  formatDuration,
  formatRate,
  formatRatio,
  formatShare,
} from "#pagewalk/report/numbers.js";

describe("numbers for people", () => {
  test("counts are grouped by thousands, as by Intl", () => {
    const intl = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
    fc.assert(
      fc.property(fc.maxSafeNat(), (count) => {
        expect(formatCount(count)).toBe(intl.format(count));
      }),
    );
  });

  test("a noun follows its number", () => {
    expect(formatCounted(0, "page")).toBe("0 pages");
    expect(formatCounted(1, "page")).toBe("1 page");
    expect(formatCounted(1234, "page")).toBe("1,234 pages");
  });

  test.each([
    [0, "0 B"],
    [1023, "1,023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [1024 * 1023.7, "1 MiB"],
    [879_555, "859 KiB"],
    [1454080, "1.39 MiB"],
    [2 ** 30, "1 GiB"],
    [2 ** 60, "1,024 PiB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test.each([
    [0, 10, "0 %"],
    [10, 10, "100.00 %"],
    [1, 3, "33.33 %"],
    [58, 5_496_351, "0.0011 %"],
    [1, 1e9, "< 0.0001 %"],
    [0, 0, "–"],
  ])("%d of %d is %s", (part, whole, text) => {
    expect(formatShare(part, whole)).toBe(text);
  });

  test("small ratios keep their digits", () => {
    expect(formatRatio(0.001)).toBe("0.10 %");
    expect(formatRatio(0.00012)).toBe("0.0120 %");
  });

  test.each([
    [0, "0 µs"],
    [0.0000123, "12.3 µs"],
    [0.0395, "39.5 ms"],
    [0.9999, "1 s"],
    [1.234, "1.23 s"],
    [59.96, "1 min 0 s"],
    [61, "1 min 1 s"],
    [3725, "1 h 2 min"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  test.each([
    [12, "12"],
    [999.4, "999"],
    [999.6, "1 thousand"],
    [12_345, "12.3 thousand"],
    [534_000_000, "534 million"],
    [1.25e9, "1.25 billion"],
  ])("%d a second are %s", (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });
});
