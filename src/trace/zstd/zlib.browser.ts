/** Browsers have no zlib: `wasm.ts` decodes zstd there. */
import type * as Node from "./zlib.node.js";

export const platformDecoder: typeof Node.platformDecoder = () => Promise.resolve(undefined);
