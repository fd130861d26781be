/** Every figure of a result as an SVG picture, the same that a report shows. */
import { policyNames } from "../policy/policies.js";
import { type ReportInput, type ReportOptions, reportData } from "./data.js";
import { drawing } from "./drawing.js";
import { figuresOf, firstChoice } from "./figures/index.js";
import { pictureOf } from "./pictures.js";

/** A figure as SVG. */
export interface Plot {
  /** Of letters, digits, dots and dashes: `ls.pagewalk-curves.svg`. */
  name: string;
  /** The picture, as a document of SVG. */
  svg: string;
}

/** The figures of a report, without the page: SVG that needs no other file. */
export async function reportPlots(result: ReportInput, options: ReportOptions = {}): Promise<Plot[]> {
  const { svgOf } = await drawing();
  const names = new Set<string>();
  return reportData(result, options, await policyNames()).traces.flatMap((trace) => {
    const choice = firstChoice(trace);
    return figuresOf(trace).map((figure) => {
      const { name, option, size } = pictureOf(figure, trace, choice, false);
      return { name: `${unlike(name, names)}.svg`, svg: svgOf(option, size) };
    });
  });
}

/** Traces in different folders may have the same name. */
function unlike(name: string, names: Set<string>): string {
  let other = name;
  for (let number = 2; names.has(other); number++) other = `${name}-${number}`;
  names.add(other);
  return other;
}
