/** `policy check FILE` */
import type { policyCheckOptions } from "../options/checks.js";
import type { Values } from "../options/row.js";
import { judgePolicy, type PolicyVerdict } from "../policy/custom/check.js";
import { POLICY } from "../policy/custom/definition.js";
import { runCheck } from "./custom-check.js";
import type { CommonOptions } from "./options.js";

type Options = CommonOptions & Values<typeof policyCheckOptions>;

export function run(file: string, options: Options): Promise<void> {
  return runCheck<PolicyVerdict>(file, options, {
    kind: POLICY,
    judge: judgePolicy,
    text: async (...shown) => (await import("../report/custom-check.js")).policyCheckText(...shown),
    json: asJson,
  });
}

/** JSON has no numbers beyond 2^53: such pages are strings. */
function asJson({ policy, claims }: PolicyVerdict): object {
  return {
    policy,
    claims: claims.map(({ claim, fault }) => {
      if (fault === undefined) return { claim, holds: true };
      const requests = fault.requests.map(({ page, kind }) => {
        return { page: typeof page === "bigint" ? `${page}` : page, kind };
      });
      return { ...fault, holds: false, requests };
    }),
  };
}
