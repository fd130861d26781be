/** The figures of `heap`, in the order of a report. */
import type { Figure } from "../figure.js";
import { lives, sizes } from "./histograms.js";
import { map } from "./map.js";
import { bytesOverTime, fragmentation } from "./over-time.js";
import { peak } from "./peak.js";

export const HEAP_FIGURES: readonly Figure[] = [peak, bytesOverTime, fragmentation, map, sizes, lives];
