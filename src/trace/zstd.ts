/** zstd, of any number of frames, by fzstd. The checksums of frames, which fzstd passes over, are verified here. */
import { Decompress } from "fzstd";
import { Kernel } from "../wasm/kernel.js";
import { KernelXxh64 } from "../wasm/xxh64.js";
import { copyOf } from "./streams.js";
import { ZstdFrames } from "./zstd-frames.js";

/** Compressed bytes decoded at a time. Four of them may stand for 128 KiB, so this bounds the output of a step. */
const STEP_BYTES = 1024;

export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let hash: KernelXxh64 | undefined;
  const frames = new ZstdFrames();
  let blocks: Uint8Array[] = [];
  const decoderOf = () => new Decompress((block) => blocks.push(block));
  let decoder = decoderOf();
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const end = frames.scan(chunk, at, at + STEP_BYTES);
      if (!frames.isSkipped) decoder.push(copyOf(chunk.subarray(at, end)), frames.ended);
      at = end;
      if (frames.hasChecksum) {
        hash ??= new KernelXxh64(await Kernel.create());
        for (const block of blocks) hash.add(block);
      }
      if (frames.ended) {
        // fzstd holds a short frame back until it knows that it is whole: each frame has a decoder of its own.
        decoder = decoderOf();
        const isRight = frames.checksum === undefined || frames.checksum === hash?.take();
        if (!isRight) throw new Error("a frame has another checksum");
      }
      yield* blocks;
      blocks = [];
    }
  }
  if (frames.isInside) throw new Error("a frame is cut off");
}
