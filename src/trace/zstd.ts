/** zstd, of any number of frames, by fzstd. */
import { Decompress } from "fzstd";
import { copyOf } from "./streams.js";

/** Compressed bytes decoded at a time. Four of them may stand for 128 KiB, so this bounds the output of a step. */
const STEP_BYTES = 1024;

export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let blocks: Uint8Array[] = [];
  const decoder = new Decompress((block) => blocks.push(block));
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += STEP_BYTES) {
      decoder.push(copyOf(chunk.subarray(at, at + STEP_BYTES)));
      yield* blocks;
      blocks = [];
    }
  }
  decoder.push(new Uint8Array(0), true);
  yield* blocks;
}
