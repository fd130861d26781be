/** The explanation of the part under the pointer, or in focus. */
import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";

interface Told {
  readonly text: string;
  readonly left: number;
  readonly top: number;
}

const told = signal<Told | undefined>(undefined);

/** The widest tip, and its distance from the thing. */
const WIDTH = 320;
const GAP = 6;

export function tell(element: Element, text: string): void {
  const { left, bottom } = element.getBoundingClientRect();
  told.value = { text, left: Math.max(8, Math.min(left, innerWidth - WIDTH - 16)), top: bottom + GAP };
}

export function hush(): void {
  told.value = undefined;
}

/** The tip itself, once in a view. Escape hides it. */
export function About(): JSX.Element | null {
  const now = told.value;
  if (now === undefined) return null;
  return (
    <div class="tip about" role="tooltip" style={{ left: `${now.left}px`, top: `${now.top}px` }}>
      {now.text}
    </div>
  );
}

interface TermProps {
  readonly about: string;
  readonly children: ComponentChildren;
}

/** A word with an explanation. */
export function Term({ about, children }: TermProps): JSX.Element {
  const show = ({ currentTarget }: { currentTarget: Element }) => tell(currentTarget, about);
  return (
    <button
      type="button"
      class="term"
      aria-description={about}
      onPointerEnter={show}
      onPointerLeave={hush}
      onFocus={show}
      onBlur={hush}
      onClick={show}
      onKeyDown={({ key }) => {
        if (key === "Escape") hush();
      }}
    >
      {children}
    </button>
  );
}
