/** Raw deflate by the platform: Node's zlib on its thread pool, or a browser's streams. */
import { isNode } from "../platform.js";
import { chunksOf } from "./streams.js";

/** Compresses with one of zlib's usual settings. `bytes` must not change until the promise resolves. */
export async function deflateRaw(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (!isNode) return gather(streamed(bytes, new CompressionStream("deflate-raw")), Infinity);
  const { deflateRaw: deflate } = await import("node:zlib");
  return new Promise((resolve, reject) => {
    const options = { level: 6, memLevel: 9, chunkSize: Math.max(LEAST_CHUNK, bytes.length >>> 1) };
    deflate(bytes, options, (error, compressed) => (error === null ? resolve(compressed) : reject(error)));
  });
}

/** Decompresses to `rawBytes` bytes. Rejects if the data is damaged or has another length. */
export async function inflateRaw(compressed: Uint8Array<ArrayBuffer>, rawBytes: number): Promise<Uint8Array> {
  const raw = await (isNode
    ? inflateInNode(compressed, rawBytes)
    : gather(streamed(compressed, new DecompressionStream("deflate-raw")), rawBytes));
  if (raw.length !== rawBytes) throw new Error(`${raw.length} bytes where ${rawBytes} are due`);
  return raw;
}

/** One byte more than expected lets zlib detect the end, or an excess, without a second task on the thread pool. */
async function inflateInNode(compressed: Uint8Array, rawBytes: number): Promise<Uint8Array> {
  const { inflateRaw: inflate } = await import("node:zlib");
  return new Promise((resolve, reject) => {
    const options = { chunkSize: Math.max(LEAST_CHUNK, rawBytes + 1), maxOutputLength: rawBytes + 1 };
    inflate(compressed, options, (error, raw) => (error === null ? resolve(raw) : reject(error)));
  });
}

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

/** Joins chunks of `length` bytes in total. */
export function concatenated(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

const LEAST_CHUNK = 64;
