/** The policies of a trace as buttons, each with its line, to show and hide them; usable with keys. */
import type { TraceReport } from "../data.js";
import { nameOf } from "../figures/axes.js";
import type { Choice } from "../figures/figure.js";
import { LEGIBLE_LINES } from "../figures/index.js";
import { BOUND, isRanked } from "../ranking.js";
import { swatch } from "./swatch.js";

export class Legend {
  private readonly buttons = new Map<string, HTMLButtonElement>();
  private shown: readonly string[];

  constructor(
    readonly element: HTMLElement,
    private readonly trace: TraceReport,
    shown: readonly string[],
    private readonly choose: (change: Partial<Choice>) => void,
  ) {
    this.shown = shown;
    const { policies, order, ranking } = trace;
    for (const policy of ranking) {
      const button = this.button(nameOf(policy), () => this.toggle(policy));
      button.prepend(swatch(policy, order));
      button.title = `Show or hide ${policy}`;
      this.buttons.set(policy, button);
    }
    if (policies.length > 2) this.addSets();
    element.hidden = false;
    this.show(shown);
  }

  /** Marks the policies that are shown. */
  show(policies: readonly string[]): void {
    this.shown = policies;
    for (const [policy, button] of this.buttons) {
      button.setAttribute("aria-pressed", String(policies.includes(policy)));
    }
  }

  private addSets(): void {
    const { policies, ranking } = this.trace;
    const best = ranking.filter(isRanked).slice(0, LEGIBLE_LINES);
    const set = (label: string, chosen: readonly string[]) => {
      const button = this.button(label, () =>
        this.choose({ policies: policies.filter((policy) => chosen.includes(policy)) }),
      );
      button.classList.add("set");
    };
    if (ranking.length > LEGIBLE_LINES + 1) set(`best ${LEGIBLE_LINES}`, [BOUND, ...best]);
    set("all", policies);
    set("none", []);
  }

  private toggle(policy: string): void {
    const shown = new Set(this.shown);
    if (!shown.delete(policy)) shown.add(policy);
    this.choose({ policies: this.trace.policies.filter((one) => shown.has(one)) });
  }

  private button(label: string, onClick: () => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.append(label);
    button.addEventListener("click", onClick);
    this.element.append(button);
    return button;
  }
}
