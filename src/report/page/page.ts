/** A report in a browser: its figures, the reader's selection, and the light or dark theme. */
import type { ReportData, TraceReport } from "../data.js";
import type { Choice } from "../figures/figure.js";
import { figuresOf, firstChoice } from "../figures/index.js";
import { Card } from "./card.js";
import { Legend } from "./legend.js";

/** `auto` follows the system. */
const THEMES = ["auto", "light", "dark"] as const;

export class Page {
  private readonly cards: Card[] = [];
  private readonly systemIsDark = matchMedia("(prefers-color-scheme: dark)");
  private theme: (typeof THEMES)[number] = "auto";
  private printing = false;

  constructor(private readonly data: ReportData) {}

  start(): void {
    this.data.traces.forEach((trace, index) => {
      const section = document.querySelector<HTMLElement>(`[data-trace="${index}"]`);
      if (section !== null) this.fill(section, trace);
    });
    this.systemIsDark.addEventListener("change", () => this.paint());
    this.offerThemes();
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
    document.documentElement.classList.add("ready");
  }

  private fill(section: HTMLElement, trace: TraceReport): void {
    let choice = firstChoice(trace);
    const own: Card[] = [];
    const choose = (change: Partial<Choice>) => {
      choice = { ...choice, ...change };
      legend?.show(choice.policies);
      for (const card of own) if (card.follows(change)) card.follow();
    };
    const place = section.querySelector<HTMLElement>("[data-legend]");
    const legend = place === null ? undefined : new Legend(place, trace, choice.policies, choose);
    for (const figure of figuresOf(trace)) {
      const element = section.querySelector<HTMLElement>(`[data-figure="${figure.id}"]`);
      if (element === null) continue;
      const card = new Card(element, figure, trace, {
        choice: () => choice,
        choose,
        isDark: () => this.isDark,
      });
      own.push(card);
      this.cards.push(card);
    }
  }

  private get isDark(): boolean {
    if (this.printing) return false;
    return this.theme === "auto" ? this.systemIsDark.matches : this.theme === "dark";
  }

  private offerThemes(): void {
    const button = document.querySelector<HTMLButtonElement>("[data-theme-button]");
    if (button === null) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? "auto";
      button.textContent = `Theme: ${this.theme}`;
      if (this.theme === "auto") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = this.theme;
      this.paint();
    });
  }

  /** For printing, the theme is light and all figures are drawn, including those that were never visible. */
  private print(printing: boolean): void {
    this.printing = printing;
    for (const card of this.cards) card.drawNow();
  }

  private paint(): void {
    for (const card of this.cards) card.draw();
  }
}
