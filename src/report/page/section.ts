/** The part of a page about one trace: its figures, its legend and what the reader chooses to see. */
import type { TraceReport } from "../data.js";
import type { Choice } from "../figures/figure.js";
import { figuresOf, firstChoice } from "../figures/index.js";
import { unique } from "../groups.js";
import { sectionHtml } from "../section-html.js";
import { Card } from "./card.js";
import { Legend } from "./legend.js";

/** Parts that are text alone. */
const TEXTS = ["h2", ".summary", "dl", ".card .scroll"];

export class Section {
  private cards: Card[] = [];
  private form = "";
  /** The reader's choice, if there was one. */
  private chosen: Choice | undefined;

  constructor(
    private readonly element: HTMLElement,
    private readonly isDark: () => boolean,
  ) {}

  /**
   * Shows the trace. If it has the form of the trace before, its charts stay, and take the new values; else only the
   * reader's choice stays, if the policies are the same.
   */
  show(trace: TraceReport): void {
    const html = sectionHtml(trace);
    const form = formOf(trace);
    if (form === this.form) {
      this.takeTexts(html);
      for (const card of this.cards) card.show(trace);
      return;
    }
    this.clear();
    this.element.innerHTML = html;
    this.attach(trace);
    this.form = form;
  }

  /** Fills the places that the HTML of the trace has. */
  attach(trace: TraceReport): void {
    let choice = this.choiceOf(trace);
    const choose = (change: Partial<Choice>) => {
      choice = { ...choice, ...change };
      this.chosen = choice;
      legend?.show(choice.policies);
      for (const card of this.cards) if (card.follows(change)) card.follow();
    };
    const place = this.element.querySelector<HTMLElement>("[data-legend]");
    const legend = place === null ? undefined : new Legend(place, trace, choice.policies, choose);
    for (const figure of figuresOf(trace)) {
      const element = this.element.querySelector<HTMLElement>(`[data-figure="${figure.id}"]`);
      if (element === null) continue;
      const context = { choice: () => choice, choose, isDark: this.isDark };
      this.cards.push(new Card(element, figure, trace, context));
    }
  }

  draw(): void {
    for (const card of this.cards) card.draw();
  }

  drawNow(): void {
    for (const card of this.cards) card.drawNow();
  }

  /** Frees the charts, and empties the element. */
  clear(): void {
    for (const card of this.cards) card.close();
    this.cards = [];
    this.form = "";
    this.element.replaceChildren();
  }

  private choiceOf(trace: TraceReport): Choice {
    const { chosen } = this;
    const fits = chosen?.policies.every((policy) => trace.policies.includes(policy));
    return chosen !== undefined && fits ? chosen : firstChoice(trace);
  }

  private takeTexts(html: string): void {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    for (const part of TEXTS) {
      const now = this.element.querySelectorAll(part);
      for (const [n, text] of fresh.content.querySelectorAll(part).entries()) {
        now[n]?.replaceChildren(...text.childNodes);
      }
    }
  }
}

/** Traces of the same form have the same HTML but for its texts, the same legend and the same choices. */
function formOf(trace: TraceReport): string {
  const figures = figuresOf(trace).map(({ id }) => id);
  const frames = unique(trace.curves.flatMap(({ points }) => points.map((point) => point.frames)));
  return JSON.stringify([trace.name, trace.ranking, trace.policies, figures, frames]);
}
