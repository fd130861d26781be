/** Raw deflate by a browser's compression streams. */
import type * as Node from "./deflate.node.js";
import { chunksOf, concatenated } from "./streams.js";

export const deflateRaw: typeof Node.deflateRaw = (bytes) =>
  gather(streamed(bytes, new CompressionStream("deflate-raw")), Infinity);

export const inflateRaw: typeof Node.inflateRaw = async (compressed, rawBytes) => {
  const raw = await gather(streamed(compressed, new DecompressionStream("deflate-raw")), rawBytes);
  if (raw.length !== rawBytes) throw new Error(`${raw.length} bytes where ${rawBytes} are due`);
  return raw;
};

function streamed(
  bytes: Uint8Array<ArrayBuffer>,
  transform: GenericTransformStream,
): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream().pipeThrough(transform as ReadableWritablePair<Uint8Array, Uint8Array>);
}

/** Joins all chunks; fails once they exceed `most` bytes. */
async function gather(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunksOf(stream)) {
    length += chunk.length;
    if (length > most) break;
    chunks.push(chunk);
  }
  if (length > most) throw new Error(`more than the ${most} bytes that are due`);
  return concatenated(chunks, length);
}
