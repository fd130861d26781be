/** A decoder of zstd frames, and the faults that libzstd reports. */
import { UnsupportedDataError } from "../unsupported-data.js";

export interface ZstdDecoder {
  /**
   * Decodes the next bytes of a frame; `isLast` if they end it. The chunks that it gives are valid until the next one.
   * Throws if the frame is damaged, or has another checksum.
   */
  decode(bytes: Uint8Array, isLast: boolean): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** Releases the decoder. */
  close(): void;
}

/** Numbers of ZSTD_ErrorCode (zstd_errors.h, libzstd 1.5.7). Those below 100 do not change between versions. */
const FRAME_PARAMETER_UNSUPPORTED = 14;
const WINDOW_TOO_LARGE = 16;
const CORRUPTION_DETECTED = 20;
const CHECKSUM_WRONG = 22;
const DICTIONARY_WRONG = 32;

/** The error for a code of libzstd. */
export function zstdFault(code: number): Error {
  switch (code) {
    case FRAME_PARAMETER_UNSUPPORTED:
      return new Error("the header of a frame is invalid");
    case WINDOW_TOO_LARGE:
      return new UnsupportedDataError(
        "the zstd data has a window of more than 128 MiB",
        "pass it through zstd -dc --long=31",
      );
    case CORRUPTION_DETECTED:
      return new Error("a block is invalid");
    case CHECKSUM_WRONG:
      return new Error("a frame has another checksum");
    case DICTIONARY_WRONG:
      return new UnsupportedDataError(
        "the zstd data needs a dictionary",
        "pass it through zstd -dc -D DICTIONARY",
      );
    default:
      return new Error(`error ${code} of libzstd`);
  }
}
