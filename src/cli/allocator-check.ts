/** `allocator check FILE` */
import { type AllocatorVerdict, judgeAllocator } from "../heap/own/check.js";
import { ALLOCATOR } from "../heap/own/definition.js";
import type { allocatorCheckOptions } from "../options/checks.js";
import type { Values } from "../options/row.js";
import type { CommonOptions } from "./options.js";
import { runCheck } from "./own-check.js";

type Options = CommonOptions & Values<typeof allocatorCheckOptions>;

export function run(file: string, options: Options): Promise<void> {
  return runCheck<AllocatorVerdict>(file, options, {
    kind: ALLOCATOR,
    judge: judgeAllocator,
    text: async (...shown) => (await import("../report/own-check.js")).allocatorCheckText(...shown),
    json: ({ allocator, claims }) => ({
      allocator,
      claims: claims.map(({ claim, fault }) =>
        fault === undefined ? { claim, holds: true } : { ...fault, holds: false },
      ),
    }),
  });
}
