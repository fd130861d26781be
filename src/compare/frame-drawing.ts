/** The frames of a drawing: which page stands in which, from the pages that are resident after each request. */

/** The changes by a request. */
export interface FrameChange {
  /** The page whose frame the requested page takes. */
  readonly victim: bigint | undefined;
  /** Other pages that are no longer resident. */
  readonly released: bigint[];
}

export class FrameDrawing {
  /** The page in each frame; undefined where there is none. */
  readonly frames: (bigint | undefined)[];

  constructor(count: number) {
    this.frames = new Array<bigint | undefined>(count).fill(undefined);
  }

  /** `page` has been requested, and `resident` are the pages resident after that. */
  update(page: bigint, resident: readonly bigint[]): FrameChange {
    const { frames } = this;
    const stays = new Set(resident);
    const isNew = !frames.includes(page);
    const gone = frames.filter((held): held is bigint => held !== undefined && !stays.has(held));
    const free = frames.indexOf(undefined);
    const victim = isNew && free < 0 ? gone[0] : undefined;
    const at = victim === undefined ? free : frames.indexOf(victim);
    for (const left of gone) frames[frames.indexOf(left)] = undefined;
    if (isNew && stays.has(page)) frames[at] = page;
    const released = gone.filter((left) => left !== victim);
    // A page that is not kept beyond its request passes through a frame without being drawn in it.
    return { victim, released: isNew && !stays.has(page) ? [...released, page] : released };
  }
}
