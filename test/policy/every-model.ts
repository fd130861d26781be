/** The naive model of every policy in the registry, by name. */
import { MODELS as BASIC_MODELS } from "./models.js";
import { SYSTEM_MODELS } from "./models-systems.js";

export const MODELS = { ...BASIC_MODELS, ...SYSTEM_MODELS };
