/**
 * Formats numbers for people: 5,496,351 · 1.2 MiB · 0.87 % · 12.4 ms · 534 million. `Intl` is not used, because loading
 * it takes longer than replaying a short trace.
 */

/** The sign for a missing number. */
export const ABSENT = "–";

export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 page`, `2 pages`. */
export function formatCounted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

const BINARY_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.6 KiB would round to 1,024 KiB: it is 1 MiB.
  while (Math.round(value) >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${threeDigits(value)} ${BINARY_UNITS[unit]}`;
}

/** A part of a whole, in percent: two decimals, or three digits if it is too small for two decimals. */
export function formatShare(part: number, whole: number): string {
  return whole === 0 ? ABSENT : formatRatio(part / whole);
}

export function formatRatio(ratio: number): string {
  const percent = ratio * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.0001) return "< 0.0001 %";
  return `${percent >= 0.1 ? percent.toFixed(2) : percent.toFixed(4)} %`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 0.9995)
    return seconds < 0.0009995 ? withUnit(seconds * 1e6, "µs") : withUnit(seconds * 1e3, "ms");
  if (seconds < 59.95) return withUnit(seconds, "s");
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `534 million`, `12.3 thousand`: a rate per second. */
export function formatRate(perSecond: number): string {
  if (perSecond >= 999.5e6) return withUnit(perSecond / 1e9, "billion");
  if (perSecond >= 999.5e3) return withUnit(perSecond / 1e6, "million");
  if (perSecond >= 999.5) return withUnit(perSecond / 1e3, "thousand");
  return threeDigits(perSecond);
}

function withUnit(value: number, unit: string): string {
  return `${threeDigits(value)} ${unit}`;
}

/** Three digits, or all digits before the point if there are more; no trailing zeros. */
function threeDigits(value: number): string {
  if (value >= 999.5) return formatCount(value);
  return Number(value.toPrecision(3)).toString();
}
