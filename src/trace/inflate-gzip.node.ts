/** Inflates gzip members with Node's zlib. */
import type { Gunzip } from "node:zlib";

const OUTPUT_BYTES = 262144;

export async function* inflateGzip(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { createGunzip } = await import("node:zlib");
  const inflating = createGunzip({ chunkSize: OUTPUT_BYTES });
  const feeding = feed(chunks, inflating);
  feeding.catch(() => undefined); // it may fail before it is awaited
  try {
    yield* inflating;
    await feeding;
  } finally {
    inflating.destroy();
    await feeding.catch(() => undefined);
  }
}

/**
 * Each chunk is consumed before the next is requested, since the source may then overwrite it. zlib stops at a zero
 * byte after a member: only zeros may follow it.
 */
async function feed(chunks: AsyncIterable<Uint8Array>, inflating: Gunzip): Promise<void> {
  let fed = 0;
  try {
    for await (const chunk of chunks) {
      if (inflating.destroyed) return;
      fed += chunk.length;
      if (!inflating.readableEnded) await written(inflating, chunk);
      const left = Math.min(chunk.length, fed - inflating.bytesWritten);
      if (left > 0 && chunk.subarray(chunk.length - left).some((byte) => byte !== 0)) {
        throw new Error("bytes follow the last member");
      }
    }
    inflating.end();
  } catch (error) {
    inflating.destroy(error instanceof Error ? error : new Error(String(error)));
    // The stream may have ended before.
    throw error;
  }
}

function written(inflating: Gunzip, chunk: Uint8Array): Promise<void> {
  return new Promise<void>((resolve) => {
    const done = () => {
      inflating.removeListener("close", done);
      inflating.removeListener("end", done);
      resolve();
    };
    inflating.once("close", done);
    inflating.once("end", done);
    inflating.write(chunk, done);
  });
}
