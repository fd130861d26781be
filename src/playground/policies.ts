/** The kernel's policies, which the worker knows. Empty until it has answered. */
import { signal } from "@preact/signals";
import type { PolicyInfo } from "pagewalk";
import { engine } from "./engine/client.js";

export const policies = signal<readonly PolicyInfo[]>([]);

engine.policies().then((all) => {
  policies.value = all;
});
