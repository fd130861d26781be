/** `policy check FILE` */
import type { Command } from "commander";
import { judgePolicy, type PolicyVerdict } from "../policy/own/check.js";
import { POLICY } from "../policy/own/definition.js";
import { defineCheck } from "./own-check.js";

const DETAILS = `
The file is a JavaScript module that exports a policy; docs/own-policy.md
explains how to write one. Each claim is tested on random requests. If one does
not hold, a short counterexample is printed and the exit status is 1.

Examples:
  pagewalk policy check ./mine.js
  pagewalk policy check ./mine.js:secondary=0.2 --trials 5000`;

export function define(command: Command): void {
  defineCheck<PolicyVerdict>(command, {
    kind: POLICY,
    example: "./mine.js:window=3",
    trials: "number of random sequences for each claim (default: 200)",
    details: DETAILS,
    judge: judgePolicy,
    text: async (...shown) => (await import("../report/own-check.js")).policyCheckText(...shown),
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
