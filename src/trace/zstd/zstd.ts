/** zstd, of any number of frames: by Node's zlib where it has a decoder, otherwise by a build for WebAssembly. */
import type { ZstdDecoder } from "./decoder.js";
import { ZstdFrames } from "./frames.js";
import { wasmDecoder } from "./wasm.js";
import { platformDecoder } from "./zlib.node.js";

/** The plain bytes. `decoderOf` creates the decoder. */
export async function* unzstd(
  chunks: AsyncIterable<Uint8Array>,
  decoderOf: () => Promise<ZstdDecoder> = fastestDecoder,
): AsyncGenerator<Uint8Array> {
  const decoder = await decoderOf();
  const frames = new ZstdFrames();
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length; ) {
        const end = frames.scan(chunk, at);
        if (!frames.isSkipped) yield* decoder.decode(chunk.subarray(at, end), frames.ended);
        at = end;
      }
    }
    if (frames.isInside) throw new Error("a frame is cut off");
  } finally {
    decoder.close();
  }
}

async function fastestDecoder(): Promise<ZstdDecoder> {
  return (await platformDecoder()) ?? wasmDecoder();
}
