/**
 * The appearance of figures: ink on paper, light or dark, and a colour, a dash and a symbol for each policy. Colours
 * are those of Okabe and Ito (Color Universal Design, 2008), which can be distinguished with any colour vision. Their
 * yellow and black are replaced by a grey, because each is hard to see on one of the two papers. No two of 42 policies
 * have the same colour and dash, nor the same colour and symbol. A policy of the kernel has the same appearance in
 * every report.
 */
import { BOUND } from "../ranking.js";

export interface Look {
  dark: boolean;
  /** Width of the figure in pixels. */
  width: number;
  /** The figure contains a legend; a page has a legend of its own instead. */
  legend: boolean;
  /** Drawn above the figure; a page has headings instead. */
  title?: string;
}

export interface Ink {
  paper: string;
  text: string;
  /** Names of axes, labels. */
  muted: string;
  axis: string;
  /** Lines of the grid. */
  faint: string;
}

const LIGHT: Ink = { paper: "#ffffff", text: "#1b1f24", muted: "#57606a", axis: "#8c959f", faint: "#e6e9ed" };
const DARK: Ink = { paper: "#15191e", text: "#e8ecf1", muted: "#a3acb8", axis: "#5f6975", faint: "#2a3038" };

export function inkOf({ dark }: Look): Ink {
  return dark ? DARK : LIGHT;
}

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

/** Blue, vermilion, bluish green, reddish purple, orange, sky blue, grey. */
const HUES_ON_LIGHT = ["#0072b2", "#d55e00", "#009e73", "#b8588f", "#c98200", "#3d9cd2", "#7b8490"] as const;
const HUES_ON_DARK = ["#3f9fdb", "#f0782a", "#1fc296", "#dd8cb9", "#f0ab22", "#7cc8f2", "#9aa4b1"] as const;
const DASHES: readonly (readonly number[])[] = [
  [],
  [7, 3],
  [2, 2],
  [9, 3, 2, 3],
  [14, 4],
  [5, 2, 1, 2, 1, 2],
];
const SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect"] as const;

export interface Stroke {
  colour: string;
  /** Lengths of dash and gap; none: a solid line. */
  dash: readonly number[];
  symbol: string;
  width: number;
}

/**
 * An order of names in which a place is a colour, a dash and a symbol: that of the `known` ones, the kernel's policies,
 * without the bound. Any other of `policies` takes the first place whose name is not among them.
 */
export function styleOrder(policies: readonly string[], known: readonly string[]): string[] {
  const order = known.filter((name) => name !== BOUND);
  let place = 0;
  for (const other of policies.filter((name) => name !== BOUND && !order.includes(name))) {
    while (policies.includes(order[place] ?? "")) place++;
    order[place++] = other;
  }
  return order;
}

/** The stroke of the line of `policy` in every figure of a report; `order` as of `styleOrder`. */
export function strokeOf(policy: string, order: readonly string[], look: Look): Stroke {
  if (policy === BOUND) return { colour: inkOf(look).text, dash: [3, 3], symbol: "none", width: 2 };
  const index = Math.max(0, order.indexOf(policy));
  const hues = look.dark ? HUES_ON_DARK : HUES_ON_LIGHT;
  return {
    colour: hues[index % hues.length] ?? hues[0],
    dash: DASHES[Math.floor(index / hues.length) % DASHES.length] ?? [],
    symbol: SYMBOLS[index % SYMBOLS.length] ?? SYMBOLS[0],
    width: 2,
  };
}

/**
 * Cividis (Nuñez, Anderton, Renslow 2018): uniform in lightness, and the same for all colour vision. Its ends are left
 * out, because they are too close to the colour of a paper.
 */
const CIVIDIS = ["#14305f", "#35456c", "#575c6d", "#787877", "#9b9376", "#c0b06c", "#e8cf55"] as const;

/** Colours from low to high values: darker on a light paper, lighter on a dark one. */
export function scaleOf({ dark }: Look): string[] {
  return dark ? [...CIVIDIS] : [...CIVIDIS].reverse();
}

/** The colour of text on the scale's colour at `share`, from 0 to 1. */
export function inkOnScale(share: number, { dark }: Look): string {
  return share > 0.5 === dark ? "#11151a" : "#ffffff";
}
