/** gzip, of any number of members: zlib in Node, `DecompressionStream` in a browser. */
import { isNode } from "../platform.js";
import { chunksOf, streamOf } from "./streams.js";

const OUTPUT_BYTES = 262144;

export async function* gunzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (!isNode) {
    yield* chunksOf(streamOf(chunks).pipeThrough(new DecompressionStream("gzip")));
    return;
  }
  const { createGunzip } = await import("node:zlib");
  const inflating = createGunzip({ chunkSize: OUTPUT_BYTES });
  const feeding = feed(chunks, inflating);
  try {
    yield* inflating;
    await feeding;
  } finally {
    inflating.destroy();
    await feeding.catch(() => undefined);
  }
}

/** Each chunk is consumed before the next is requested, since the source may then overwrite it. */
async function feed(chunks: AsyncIterable<Uint8Array>, inflating: import("node:zlib").Gunzip): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (inflating.destroyed) return;
      await new Promise<void>((resolve) => {
        inflating.once("close", resolve);
        inflating.write(chunk, () => {
          inflating.removeListener("close", resolve);
          resolve();
        });
      });
    }
    inflating.end();
  } catch (error) {
    inflating.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
