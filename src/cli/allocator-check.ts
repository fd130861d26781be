/** `allocator check FILE` */
import { type AllocatorVerdict, judgeAllocator } from "../heap/custom/check.js";
import { ALLOCATOR } from "../heap/custom/definition.js";
import type { allocatorCheckOptions } from "../options/checks.js";
import type { Values } from "../options/row.js";
import { runCheck } from "./custom-check.js";
import type { CommonOptions } from "./options.js";

type Options = CommonOptions & Values<typeof allocatorCheckOptions>;

export function run(file: string, options: Options): Promise<void> {
  return runCheck<AllocatorVerdict>(file, options, {
    kind: ALLOCATOR,
    judge: judgeAllocator,
    text: async (...shown) => (await import("../report/custom-check.js")).allocatorCheckText(...shown),
    json: ({ allocator, claims }) => ({
      allocator,
      claims: claims.map(({ claim, fault }) =>
        fault === undefined ? { claim, holds: true } : { ...fault, holds: false },
      ),
    }),
  });
}
