/** xz, by xz-decompress (XZ Embedded compiled to WebAssembly). */

import { chunksOf, streamOf } from "./streams.js";

export async function* unxz(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { XzReadableStream } = await import("xz-decompress");
  yield* chunksOf(new XzReadableStream(streamOf(chunks)));
}
