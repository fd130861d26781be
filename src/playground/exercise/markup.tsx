/** Problems and answers as reports write them. */
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface MarkupProps {
  /** HTML whose text is escaped. */
  readonly html: string;
  readonly class: string;
}

export function Markup({ html, class: look }: MarkupProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current !== null) place.current.innerHTML = html;
  }, [html]);
  return <div class={look} ref={place} />;
}
