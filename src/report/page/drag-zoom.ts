/**
 * Zoom in the figure itself: dragging the mouse marks a range, a double click shows all again, and so do keys. A finger
 * scrolls the page.
 *
 *   + −               zoom in and out      0 Escape     show all
 *   Shift ← →         move the range
 */
import type { ECharts } from "./echarts.js";

/** Pixels from which a drag is no click. */
const LEAST_DRAG = 6;
/** Zoom of a key, and the part of the range by which a key moves it. */
const STEP = 2;
const MOVE = 1 / 4;
const WHOLE = { start: 0, end: 100 };

type Range = typeof WHOLE;

export class DragZoom {
  private readonly mark = document.createElement("div");
  /** Where the drag began, in pixels of the place. */
  private from: number | undefined;

  /** `chartOf`: the chart once it is drawn. */
  constructor(
    private readonly place: HTMLElement,
    private readonly chartOf: () => ECharts | undefined,
  ) {
    this.mark.className = "zoom-mark";
    this.mark.hidden = true;
    place.after(this.mark);
    place.addEventListener("pointerdown", (event) => this.begin(event));
    place.addEventListener("pointermove", (event) => this.drag(event));
    place.addEventListener("pointerup", (event) => this.end(event));
    place.addEventListener("pointercancel", () => this.stop());
    place.addEventListener("dblclick", (event) => this.isInPlot(event) && this.show(WHOLE));
  }

  /** True if the key zooms. */
  key({ key, shiftKey }: KeyboardEvent): boolean {
    const { start, end } = this.range;
    const [middle, half] = [(start + end) / 2, (end - start) / 2];
    if (key === "+" || key === "=") this.show(around(middle, half / STEP));
    else if (key === "-") this.show(around(middle, half * STEP));
    else if (key === "0" || key === "Escape") this.show(WHOLE);
    else if (shiftKey && key === "ArrowRight") this.show(around(middle + 2 * half * MOVE, half));
    else if (shiftKey && key === "ArrowLeft") this.show(around(middle - 2 * half * MOVE, half));
    else return false;
    return true;
  }

  private get range(): Range {
    const option = this.chartOf()?.getOption() as { dataZoom?: readonly Range[] } | undefined;
    const { start, end } = option?.dataZoom?.[0] ?? WHOLE;
    return { start, end };
  }

  private show(range: Readonly<Record<string, number>>): void {
    this.chartOf()?.dispatchAction({ type: "dataZoom", dataZoomIndex: 0, ...range });
  }

  private isInPlot({ clientX, clientY }: MouseEvent): boolean {
    const { left, top } = this.place.getBoundingClientRect();
    return this.chartOf()?.containPixel({ gridIndex: 0 }, [clientX - left, clientY - top]) ?? false;
  }

  private begin(event: PointerEvent): void {
    const isPlain = event.pointerType === "mouse" && event.button === 0 && !event.shiftKey && !event.ctrlKey;
    if (!isPlain || !this.isInPlot(event)) return;
    this.from = this.xOf(event);
    this.place.setPointerCapture(event.pointerId);
  }

  private drag(event: PointerEvent): void {
    if (this.from === undefined) return;
    const [low, high] = this.dragged(event, this.from);
    this.mark.hidden = high - low < LEAST_DRAG;
    const { offsetLeft, offsetTop, offsetHeight } = this.place;
    Object.assign(this.mark.style, {
      left: `${offsetLeft + low}px`,
      width: `${high - low}px`,
      top: `${offsetTop}px`,
      height: `${offsetHeight}px`,
    });
  }

  private end(event: PointerEvent): void {
    if (this.from === undefined) return;
    const [low, high] = this.dragged(event, this.from);
    this.stop();
    if (high - low < LEAST_DRAG) return;
    const [startValue, endValue] = [low, high].map((x) =>
      Number(this.chartOf()?.convertFromPixel({ xAxisIndex: 0 }, x)),
    );
    if (startValue !== undefined && endValue !== undefined) this.show({ startValue, endValue });
  }

  private stop(): void {
    this.from = undefined;
    this.mark.hidden = true;
  }

  private dragged(event: MouseEvent, from: number): [low: number, high: number] {
    const to = this.xOf(event);
    return [Math.min(from, to), Math.max(from, to)];
  }

  private xOf({ clientX }: MouseEvent): number {
    const { left, width } = this.place.getBoundingClientRect();
    return Math.max(0, Math.min(width, clientX - left));
  }
}

/** Inside the whole, at least a hundredth of it. */
function around(middle: number, half: number): Range {
  const width = Math.max(1, Math.min(100, 2 * half));
  const start = Math.max(0, Math.min(100 - width, middle - width / 2));
  return { start, end: start + width };
}
