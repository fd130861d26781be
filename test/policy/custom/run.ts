/** Runs custom policies request by request. */

import type { PolicyDefinition, RequestKind } from "#pagewalk/policy/custom/definition.js";
import type { Page } from "#pagewalk/policy/custom/page-list.js";
import { CustomSimulation } from "#pagewalk/policy/custom/simulation.js";

/** Which requests hit. `values` are the parameters', in the definition's order. */
export function customHits(
  definition: PolicyDefinition,
  pages: readonly Page[],
  frames: number,
  values: readonly number[] = [],
): boolean[] {
  const simulation = new CustomSimulation(definition, values, frames, { place: definition.name });
  return pages.map((page) => {
    const hit = simulation.serve(page, "load");
    if (!simulation.isValid()) throw new Error(`${definition.name} is unsound`);
    return hit;
  });
}

/** A simple first in, first out policy; `hooks` override its hooks. */
export function queue(name: string, hooks: Record<string, unknown> = {}): PolicyDefinition {
  return {
    name,
    create() {
      const pages: Page[] = [];
      return {
        insert: (page: Page, _kind: RequestKind) => pages.push(page),
        evict: () => pages.shift(),
        ...hooks,
      };
    },
  };
}
