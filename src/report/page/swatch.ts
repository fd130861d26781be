/** A sample of a policy's line, of a word's size: its colour, dash and symbol, in both themes. */
import { strokeOf } from "../figures/look.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 34;
const HEIGHT = 12;

export function swatch(policy: string, order: readonly string[]): SVGElement {
  const light = strokeOf(policy, order, { dark: false, width: 0, legend: false });
  const dark = strokeOf(policy, order, { dark: true, width: 0, legend: false });
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT });
  svg.setAttribute("aria-hidden", "true");
  svg.style.setProperty("--light", light.colour);
  svg.style.setProperty("--dark", dark.colour);
  const middle = HEIGHT / 2;
  const line = element("path", { d: `M0 ${middle}H${WIDTH}`, "stroke-width": light.width, fill: "none" });
  if (light.dash.length > 0) line.setAttribute("stroke-dasharray", light.dash.join(" "));
  svg.append(line);
  const shape = SHAPES[light.symbol.replace("empty", "").toLowerCase()];
  if (shape !== undefined) {
    const symbol = element("path", { d: shape, "stroke-width": 2 });
    symbol.classList.add(light.symbol.startsWith("empty") ? "hollow" : "filled");
    svg.append(symbol);
  }
  return svg;
}

/** Around (17, 6), four pixels each way. */
const SHAPES: Readonly<Record<string, string>> = {
  circle: "M13 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z",
  rect: "M13.5 2.5h7v7h-7Z",
  triangle: "M17 1.5L21 9.5H13Z",
  diamond: "M17 1L21.5 6L17 11L12.5 6Z",
};

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
