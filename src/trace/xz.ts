/** xz, by xz-decompress (XZ Embedded compiled to WebAssembly). */
import { chunksOf, streamOf } from "./streams.js";

export async function* unxz(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const xz = (await import("xz-decompress")).default; // a CommonJS module
  yield* chunksOf(new xz.XzReadableStream(streamOf(chunks)));
}
