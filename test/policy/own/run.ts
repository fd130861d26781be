/** Runs own policies request by request. */

import type { PolicyDefinition, RequestKind } from "#pagewalk/policy/own/definition.js";
import type { Page } from "#pagewalk/policy/own/page-list.js";
import { OwnSimulation } from "#pagewalk/policy/own/simulation.js";

/** Which requests hit. `values` are the parameters', in the definition's order. */
export function ownHits(
  definition: PolicyDefinition,
  pages: readonly Page[],
  frames: number,
  values: readonly number[] = [],
): boolean[] {
  const simulation = new OwnSimulation(definition, values, frames, { place: definition.name });
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
