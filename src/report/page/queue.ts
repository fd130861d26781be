/**
 * Drawings that wait, one for each animation frame: a chart takes a part of a frame, and several at once would keep the
 * page from its reader.
 */
type Drawing = () => void;

const waiting = new Set<Drawing>();

/** Draws in one of the next frames. A drawing that waits already is not added again. */
export function drawSoon(drawing: Drawing): void {
  if (waiting.size === 0) requestAnimationFrame(drawNext);
  waiting.add(drawing);
}

export function forget(drawing: Drawing): void {
  waiting.delete(drawing);
}

function drawNext(): void {
  const [drawing] = waiting;
  if (drawing === undefined) return;
  // It may ask for another frame itself, of which there is one already.
  if (waiting.size > 1) requestAnimationFrame(drawNext);
  waiting.delete(drawing);
  drawing();
}
