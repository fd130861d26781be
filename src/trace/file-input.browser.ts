/** Paths and stored copies of streams, in a browser: addresses relative to the page, and blobs. */
import { BlobInput } from "./blob-input.js";
import type * as Node from "./file-input.node.js";
import { copyOf } from "./streams.js";
import { fetchedInput } from "./web-input.js";

export const pathInput: typeof Node.pathInput = (path, name) =>
  fetchedInput(new URL(path, globalThis.location.href), name);

export const spoolInput: typeof Node.spoolInput = async (source) => {
  let blob = new Blob();
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
    blob = new Blob([blob, copyOf(chunk)]);
  }
  await source.close();
  return new BlobInput(blob, source.name);
};
