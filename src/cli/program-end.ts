/** How a recorded program ended, for messages. */

interface ProgramEnd {
  readonly exitCode?: number | undefined;
  /** The signal that ended it. */
  readonly exitSignal?: string | undefined;
}

/** Undefined if it ended well, or was ended because nothing more was recorded. */
export function programEnd({ exitCode, exitSignal }: ProgramEnd): string | undefined {
  if (exitSignal !== undefined) return `the program was killed by ${exitSignal}`;
  return exitCode ? `the program ended with status ${exitCode}` : undefined;
}
