/** The regions of a recorded program: a browser cannot read the file beside a log. */
import type * as Node from "./maps-beside.node.js";

export const mapsBeside: typeof Node.mapsBeside = async () => undefined;
