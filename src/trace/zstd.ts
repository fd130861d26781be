/** zstd, of any number of frames, by a kernel of its own. */
import { Kernel } from "../wasm/kernel.js";
import { KernelZstd } from "../wasm/zstd.js";

export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const zstd = new KernelZstd(await Kernel.create());
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      at += zstd.put(chunk.subarray(at));
      yield* zstd.blocks();
    }
  }
  if (!zstd.isComplete) throw new Error("unexpected end");
}
