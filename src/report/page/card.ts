/**
 * One figure on the page: its chart, which is drawn when it scrolls near the window, its controls, and the buttons that
 * save it.
 */
import { csv } from "../csv.js";
import type { TraceReport } from "../data.js";
import type { Choice, Figure } from "../figures/figure.js";
import type { Look } from "../figures/look.js";
import { valuesOf } from "../figures/values.js";
import { fileName, pictureOf } from "../pictures.js";
import { controlsOf } from "./controls.js";
import { DragZoom } from "./drag-zoom.js";
import { chartOn, type ECharts, pngOf, type Size, svgOf } from "./echarts.js";
import { drawSoon, forget } from "./queue.js";
import { saveAddress, saveText } from "./save.js";
import { tooltipOf } from "./tooltip.js";
import { zoomOf } from "./zoom.js";

export interface CardContext {
  choice(): Choice;
  choose(change: Partial<Choice>): void;
  isDark(): boolean;
}

export class Card {
  private readonly place: HTMLElement;
  private readonly tools: HTMLElement | null;
  private chart: ECharts | undefined;
  private readonly watches: readonly { disconnect(): void }[];
  private readonly zoom: DragZoom | undefined;
  private near = false;
  /** The width of the drawing in pixels. */
  private drawn = 0;
  private at = -1;

  constructor(
    element: HTMLElement,
    private readonly figure: Figure,
    private trace: TraceReport,
    private readonly context: CardContext,
  ) {
    this.place = element.querySelector<HTMLElement>("[data-chart]") ?? element;
    this.tools = element.querySelector<HTMLElement>("[data-tools]");
    this.offer();
    this.fit();
    this.zoom = figure.zooms && new DragZoom(this.place, () => this.chart);
    this.place.addEventListener("keydown", (event) => this.step(event));
    const size = new ResizeObserver(() => {
      if (this.place.clientWidth !== this.drawn) this.draw();
    });
    const approach = new IntersectionObserver(([entry]) => this.approach(entry?.isIntersecting ?? false), {
      rootMargin: "400px",
    });
    this.watches = [size, approach];
    for (const watch of [size, approach]) watch.observe(this.place);
  }

  /** Shows another trace with the same policies. */
  show(trace: TraceReport): void {
    this.trace = trace;
    this.draw();
  }

  close(): void {
    for (const watch of this.watches) watch.disconnect();
    forget(this.drawLazily);
    this.chart?.dispose();
  }

  follows(change: Partial<Choice>): boolean {
    return this.figure.follows.some((key) => key in change);
  }

  private offer(): void {
    const { choice, choose } = this.context;
    const controls = controlsOf(this.figure, this.trace, choice(), choose);
    const pictures = (["SVG", "PNG"] as const).map((kind) => saveButton(kind, () => this.savePicture(kind)));
    const values = (["CSV", "JSON"] as const).map((kind) => saveButton(kind, () => this.saveValues(kind)));
    this.tools?.replaceChildren(...controls, ...pictures, ...values);
  }

  /** Applies the reader's selection, made here or in another figure. */
  follow(): void {
    if (!this.tools?.contains(document.activeElement)) this.offer();
    this.draw();
  }

  /** Draws the chart again soon if it is visible. */
  draw(): void {
    if (this.near) drawSoon(this.drawLazily);
  }

  drawNow(): void {
    this.render(false);
  }

  private readonly drawLazily = (): void => this.render(true);

  /** If `lazyUpdate`, ECharts lays out and paints the chart in the two next frames, not at once. */
  private render(lazyUpdate: boolean): void {
    const { width, height } = this.fit();
    this.drawn = width;
    if (width === 0) return;
    const look = this.look(width);
    if (this.chart === undefined) this.chart = chartOn(this.place, { width, height });
    else if (this.chart.getWidth() !== width || this.chart.getHeight() !== height)
      this.chart.resize({ width, height });
    const choice = this.context.choice();
    const option = this.figure.option(this.trace, choice, look);
    const tooltip = tooltipOf(this.figure, this.trace, choice);
    const zoom = zoomOf(this.figure, option, look, this.chart);
    this.chart.setOption({ ...option, ...zoom, tooltip }, { notMerge: true, lazyUpdate });
  }

  /** Gives the place the figure's height, so that nothing moves when the chart is drawn. */
  private fit(): Size {
    const width = this.place.clientWidth;
    const height = this.figure.height(this.trace, this.look(width));
    this.place.style.height = `${height}px`;
    return { width, height };
  }

  private look(width: number): Look {
    return { dark: this.context.isDark(), width, legend: false };
  }

  private approach(near: boolean): void {
    const first = near && !this.near && this.chart === undefined;
    this.near ||= near;
    if (first) this.draw();
  }

  /** The left and right keys move from point to point; others zoom. */
  private step(event: KeyboardEvent): void {
    if (this.zoom?.key(event)) return;
    const { key } = event;
    const by = key === "ArrowRight" ? 1 : key === "ArrowLeft" ? -1 : 0;
    if (by === 0 || this.chart === undefined) return;
    this.at = Math.max(0, this.at + by);
    this.chart.dispatchAction({ type: "showTip", seriesIndex: 0, dataIndex: this.at });
  }

  private savePicture(kind: "SVG" | "PNG"): void {
    const { choice, isDark } = this.context;
    const { name, option, size } = pictureOf(this.figure, this.trace, choice(), isDark());
    if (kind === "SVG") saveText(`${name}.svg`, svgOf(option, size), "image/svg+xml");
    else saveAddress(`${name}.png`, pngOf(option, size));
  }

  /** Saves the numbers that are drawn. */
  private saveValues(kind: "CSV" | "JSON"): void {
    const { figure, trace, context } = this;
    const rows = valuesOf(figure, trace, context.choice());
    const name = `${fileName(trace.name)}-${figure.id}`;
    if (kind === "CSV") saveText(`${name}.csv`, csv(Object.keys(rows[0] ?? {}), rows), "text/csv");
    else saveText(`${name}.json`, `${JSON.stringify(rows, undefined, 2)}\n`, "application/json");
  }
}

function saveButton(kind: string, save: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = kind;
  button.title = `Save as ${kind}`;
  button.addEventListener("click", save);
  return button;
}
