/** The naive model of every policy in the registry, by name, or by name and parameters. */
import { MODELS as CLASSICS } from "./classics.js";
import { LEARNING } from "./learning.js";
import { LISTS } from "./lists.js";
import { MODERN } from "./modern.js";
import { SYSTEM_MODELS } from "./systems.js";

export const MODELS = { ...CLASSICS, ...SYSTEM_MODELS, ...LISTS, ...MODERN, ...LEARNING };
