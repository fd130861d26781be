/**
 * gzip, of any number of members: zlib in Node, `DecompressionStream` in a browser. A file that is cut between two members
 * is whole by RFC 1952, and read as far as it goes; only bgzip marks the end.
 */
import { isNode } from "../platform.js";
import { concatenated } from "./deflate.js";
import { chunksOf, streamOf } from "./streams.js";

const OUTPUT_BYTES = 262144;

/**
 * The empty member at the end of a file of bgzip, whose members say their length in a field BC (SAM specification,
 * 4.1.2).
 */
const BGZF_END = Uint8Array.of(
  ...[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0, 0x1b, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
);
/** Of a member's header: the bytes that say it is bgzip's. */
const BGZF_FIELDS = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15] as const;

export async function* gunzip(stored: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = toEnd(stored);
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

/** The chunks; throws where those of bgzip have no end. */
async function* toEnd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const kept = BGZF_END.length;
  let first = new Uint8Array(0);
  let last = new Uint8Array(0);
  for await (const chunk of chunks) {
    const ending = chunk.subarray(-kept);
    last = concatenated([last, ending], last.length + ending.length).slice(-kept);
    if (first.length < kept) {
      const more = chunk.subarray(0, kept - first.length);
      first = concatenated([first, more], first.length + more.length);
    }
    yield chunk;
  }
  const isBgzf = BGZF_FIELDS.every((at) => first[at] === BGZF_END[at]);
  if (isBgzf && !BGZF_END.every((byte, at) => last[at] === byte)) {
    throw new Error("the empty block that bgzip writes at the end is missing");
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
