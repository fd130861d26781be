/** xz, by xz-decompress (XZ Embedded compiled to WebAssembly). */
import { chunksOf, streamOf } from "./streams.js";
import { UnsupportedDataError } from "./unsupported-data.js";

export async function* unxz(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const xz = (await import("xz-decompress")).default; // a CommonJS module
  try {
    yield* chunksOf(new xz.XzReadableStream(streamOf(chunks)));
  } catch (error) {
    if (!/error code 6/.test(String(error))) throw error;
    // XZ Embedded has CRC-32 and CRC-64.
    throw new UnsupportedDataError(
      "the xz data has a check that cannot be verified here",
      "compress it with xz --check=crc64, or pass it through xz -dc",
      { cause: error },
    );
  }
}
