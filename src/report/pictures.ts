/** Figures as self-contained pictures, with a title, a legend and a file name. */
import type { TraceReport } from "./data.js";
import type { Option } from "./figures/axes.js";
import type { Choice, Figure } from "./figures/figure.js";
import { formatCount } from "./numbers.js";

const WIDTH = 960;
const TITLE_HEIGHT = 32;

export interface Picture {
  /** The file name without its extension. */
  name: string;
  option: Option;
  size: { width: number; height: number };
}

export function pictureOf(figure: Figure, trace: TraceReport, choice: Choice, dark: boolean): Picture {
  const at = chosenOf(figure, choice);
  const look = { dark, width: WIDTH, legend: true, title: `${figure.title}${at}: ${trace.name}` };
  return {
    name: `${fileName(trace.name)}-${figure.id}`,
    option: figure.option(trace, choice, look),
    size: { width: WIDTH, height: figure.height(trace, look) + TITLE_HEIGHT },
  };
}

/** The part of the selection that the title must give, because the drawing does not show it. */
function chosenOf({ follows }: Figure, { frames, allocator }: Choice): string {
  if (follows.includes("frames")) return `, ${formatCount(frames)} frames`;
  return follows.includes("allocator") ? `, ${allocator}` : "";
}

/** The last part of a path, reduced to letters, digits, dots and dashes, so that it cannot name another folder. */
export function fileName(path: string): string {
  const last = path.split(/[\\/]/).findLast((part) => part !== "") ?? "";
  const plain = last.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-").replaceAll(/^[.-]+|[.-]+$/g, "");
  return plain === "" ? "trace" : plain;
}
