/** The warnings of a run, each matter once. */

import { printable } from "../../../printable.js";

const MOST_WARNINGS = 100;
const MOST_CHARACTERS = 1000;

export class Warnings {
  /** With options as `optionNamed` writes them. */
  readonly texts: string[] = [];
  private readonly matters = new Set<string>();

  /** `matter` identifies the warning. */
  add(matter: string, text: string): void {
    if (this.matters.has(matter) || this.texts.length === MOST_WARNINGS) return;
    this.matters.add(matter);
    this.texts.push(printable(text, MOST_CHARACTERS));
  }
}
