/** Styles of text: colours if the terminal has them. */
export interface Style {
  /** A title. */
  title(text: string): string;
  /** Style of explanations. */
  dim(text: string): string;
  /** The best value of several. */
  best(text: string): string;
  /** Style of important text. */
  warn(text: string): string;
}

const asIs = (text: string) => text;

export const PLAIN: Style = { title: asIs, dim: asIs, best: asIs, warn: asIs };

export async function createStyle(colour: boolean): Promise<Style> {
  if (!colour) return PLAIN;
  const { createColors } = (await import("picocolors")).default;
  const colours = createColors(true);
  return {
    title: (text) => colours.bold(colours.cyan(text)),
    dim: colours.dim,
    best: (text) => colours.bold(colours.green(text)),
    warn: colours.yellow,
  };
}

/**
 * True if the output shows colours: not with `NO_COLOR` (no-color.org) or on a dumb terminal, always with
 * `FORCE_COLOR`.
 */
export function hasColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return isTerminal && env.TERM !== "dumb";
}
