/** The naive model of every policy in the registry, by name, or by name and parameters. */
import { MODELS as CLASSICS } from "./models.js";
import { LEARNING } from "./models-learning.js";
import { LISTS } from "./models-lists.js";
import { MODERN } from "./models-modern.js";
import { SYSTEM_MODELS } from "./models-systems.js";

export const MODELS = { ...CLASSICS, ...SYSTEM_MODELS, ...LISTS, ...MODERN, ...LEARNING };
