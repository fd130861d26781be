/** Bytes along an axis, marked at round numbers of KiB, MiB and so on. */
import { numberAxis, type Option } from "./axes.js";
import type { Look } from "./look.js";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** From 0 to `most`, with about five marks; `what` is the name of the quantity. */
export function byteAxis(look: Look, vertical: boolean, what: string, most: number): Option {
  let power = 0;
  while (power < UNITS.length - 1 && most >= 2 * 1024 ** (power + 1)) power++;
  const unit = 1024 ** power;
  const interval = roundStep(most / unit / 5) * unit;
  return numberAxis(look, vertical, {
    name: `${what}, ${UNITS[power]}`,
    min: 0,
    max: Math.max(1, Math.ceil(most / interval)) * interval,
    interval,
    axisLabel: { formatter: (bytes: number) => `${Number((bytes / unit).toPrecision(4))}` },
  });
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function roundStep(least: number): number {
  if (least <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= least * 0.999) ?? least;
}
