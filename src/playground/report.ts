/** The code of reports, which draws the same figures and tables here. */
import script from "../../dist/browser/report.js?url";
import type * as Module from "../report/page/main.js";

export type Report = typeof Module;

let loaded: Promise<Report> | undefined;

export function report(): Promise<Report> {
  loaded ??= import(/* @vite-ignore */ new URL(script, import.meta.url).href);
  return loaded;
}

/** Safari has no idle callbacks. */
const whenIdle: (callback: () => void) => void = globalThis.requestIdleCallback ?? setTimeout;

let prepared = false;

/**
 * Loads the code and draws figures that are not shown, each when the page is idle, so that a run's first is quick. A
 * failure shows when a run needs the code.
 */
export function prepare(): void {
  if (prepared) return;
  prepared = true;
  whenIdle(async () => {
    const { rehearsal } = await report().catch(() => ({ rehearsal: () => [] }));
    for (const draw of rehearsal()) {
      await new Promise<void>((resolve) => whenIdle(resolve));
      draw();
    }
  });
}
