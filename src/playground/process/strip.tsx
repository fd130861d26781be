/** A row of cells, with a description of the one under the pointer. With the keyboard it is a slider over its cells. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { hush, tell } from "./about.jsx";

export interface Cell {
  /** Its class. */
  readonly kind: string;
  readonly about: string;
  /** Pixels; default: as the class has it. */
  readonly width?: number;
  readonly height?: number;
}

interface StripProps {
  readonly label: string;
  readonly cells: readonly Cell[];
  readonly class?: string;
  /** The cell that is marked. */
  readonly marked?: number | undefined;
  readonly onPick?: (index: number) => void;
}

export function Strip({ label, cells, class: look = "", marked, onPick }: StripProps): JSX.Element {
  const index = useSignal(0);
  const last = cells.length - 1;
  const at = Math.max(0, Math.min(index.value, last));
  const show = (row: Element, n: number) => {
    index.value = n;
    const cell = row.children[n];
    if (cell !== undefined) tell(cell, cells[n]?.about ?? "");
  };
  return (
    <div
      class={`strip ${look}`}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={at}
      aria-valuetext={cells[at]?.about}
      onFocus={({ currentTarget }) => {
        if (currentTarget.matches(":focus-visible")) show(currentTarget, at);
      }}
      onBlur={hush}
      onPointerMove={({ currentTarget, target }) => {
        const n = cellAt(currentTarget, target);
        if (n >= 0) show(currentTarget, n);
        else hush();
      }}
      onPointerLeave={hush}
      onClick={({ currentTarget, target }) => {
        const n = cellAt(currentTarget, target);
        if (n >= 0) onPick?.(n);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") return hush();
        if (event.key === "Enter") return onPick?.(at);
        const to = moved(event.key, at, last);
        if (to === undefined) return;
        event.preventDefault();
        show(event.currentTarget, to);
      }}
    >
      {cells.map(({ kind, width, height }, n) => (
        <span
          key={n}
          class={`cell ${kind}${n === marked ? " marked" : ""}`}
          style={{ width: pixels(width), height: pixels(height) }}
        />
      ))}
    </div>
  );
}

function pixels(size: number | undefined): string | undefined {
  return size === undefined ? undefined : `${size}px`;
}

function cellAt(row: Element, target: EventTarget | null): number {
  return [...row.children].indexOf(target as Element);
}

function moved(key: string, at: number, last: number): number | undefined {
  const places: Readonly<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    PageDown: at + 10,
    PageUp: at - 10,
    Home: 0,
    End: last,
  };
  const to = places[key];
  return to === undefined ? undefined : Math.max(0, Math.min(to, last));
}
