/** Inflates gzip members with a browser's `DecompressionStream`. */
import type * as Node from "./inflate-gzip.node.js";
import { chunksOf, streamOf } from "./streams.js";

export const inflateGzip: typeof Node.inflateGzip = (chunks) =>
  chunksOf(streamOf(chunks).pipeThrough(new DecompressionStream("gzip")));
