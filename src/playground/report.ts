/** The code of reports, which draws the same figures and tables here. */
import script from "../../dist/browser/report.js?url";
import type * as Module from "../report/page/main.js";

export type Report = typeof Module;

let loaded: Promise<Report> | undefined;

export function report(): Promise<Report> {
  loaded ??= import(/* @vite-ignore */ new URL(script, import.meta.url).href);
  return loaded;
}

/** Milliseconds after which a step is made in a page that is never idle. */
const PATIENCE = 200;

/** Safari has no idle callbacks. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve(), { timeout: PATIENCE });
    else setTimeout(resolve);
  });
}

let prepared: Promise<Report> | undefined;

/**
 * The code, after it has drawn figures that are not shown, step by step while the page is idle: the first figures of a
 * run would else keep the page from its reader.
 */
export function preparedReport(): Promise<Report> {
  prepared ??= prepare();
  return prepared;
}

async function prepare(): Promise<Report> {
  await idle();
  const module = await report();
  for await (const _ of module.rehearsal()) await idle();
  return module;
}
