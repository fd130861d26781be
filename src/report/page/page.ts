/** A report in a browser: its figures, the reader's selection, and the light or dark theme. */
import type { ReportData } from "../data.js";
import { Section } from "./section.js";

/** `auto` follows the system. */
const THEMES = ["auto", "light", "dark"] as const;

export class Page {
  private readonly sections: Section[] = [];
  private readonly systemIsDark = matchMedia("(prefers-color-scheme: dark)");
  private theme: (typeof THEMES)[number] = "auto";
  private printing = false;

  constructor(private readonly data: ReportData) {}

  start(): void {
    this.data.traces.forEach((trace, index) => {
      const element = document.querySelector<HTMLElement>(`[data-trace="${index}"]`);
      if (element === null) return;
      const section = new Section(element, () => this.isDark);
      section.attach(trace);
      this.sections.push(section);
    });
    this.systemIsDark.addEventListener("change", () => this.paint());
    this.offerThemes();
    addEventListener("beforeprint", () => this.print(true));
    addEventListener("afterprint", () => this.print(false));
    document.documentElement.classList.add("ready");
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
    for (const section of this.sections) section.drawNow();
  }

  private paint(): void {
    for (const section of this.sections) section.draw();
  }
}
