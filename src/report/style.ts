/** Colours where the terminal has them, none elsewhere. */
import picocolors from "picocolors";

export interface Style {
  /** A title. */
  title(text: string): string;
  /** What explains rather than tells. */
  dim(text: string): string;
  /** The best of several. */
  best(text: string): string;
  /** What a reader should not miss. */
  warn(text: string): string;
}

export function createStyle(colour: boolean): Style {
  const colours = picocolors.createColors(colour);
  return {
    title: (text) => colours.bold(colours.cyan(text)),
    dim: colours.dim,
    best: (text) => colours.bold(colours.green(text)),
    warn: colours.yellow,
  };
}

export const PLAIN: Style = createStyle(false);

/** Does this stream show colours? `NO_COLOR` (no-color.org) says no, `FORCE_COLOR` yes, a dumb terminal no. */
export function hasColour(
  stream: { isTTY?: boolean | undefined },
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return stream.isTTY === true && env.TERM !== "dumb";
}
