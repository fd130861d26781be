/**
 * libzstd 1.5.7, compiled to WebAssembly by the package zstddec (zstd.h, "Streaming decompression - HowTo").
 *
 * `decodeStreaming` of zstddec ignores libzstd's errors: it repeats the call forever. It also leaks memory unless it is
 * read to the end. So only the module is used. Each stream has an instance of its own, whose
 * memory is released with it.
 *
 *   ZSTD_inBuffer        ZSTD_outBuffer       input           output
 *   src   size   pos     dst   size   pos
 *   ├─4──┼──4──┼──4──┤  ├─4──┼──4──┼──4──┤  ├─ INPUT_BYTES ─┼─ OUTPUT_BYTES ─┤
 */
import { UsageError } from "../../errors.js";
import { type ZstdDecoder, zstdFault } from "./decoder.js";

const INPUT_BYTES = 131072;
const OUTPUT_BYTES = 262144;

const SIZE = 4;
const POS = 8;
const BUFFER_BYTES = 12;

interface Exports {
  memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  ZSTD_createDCtx(): number;
  ZSTD_decompressStream(context: number, output: number, input: number): number;
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** zstddec compiles its module in the first `init`, and passes it to `_init`, which is called without `this`. */
async function compile(): Promise<WebAssembly.Module> {
  const { ZSTDDecoder } = await import("zstddec/stream");
  let module: WebAssembly.Module | undefined;
  class ModuleLoader extends ZSTDDecoder {
    override _init(result: WebAssembly.WebAssemblyInstantiatedSource): void {
      super._init(result);
      module = result.module;
    }
  }
  await new ModuleLoader().init().catch((cause: unknown) => {
    throw new UsageError(
      "the decoder of zstd cannot be loaded",
      "allow data: for connect-src in the page's Content-Security-Policy, or decompress the trace",
      undefined,
      { cause },
    );
  });
  if (module !== undefined) return module;
  throw new UsageError("zstddec was in use before Pagewalk", "open a zstd trace before, or decompress it");
}

/** A decoder with a memory of its own. */
export async function wasmDecoder(): Promise<ZstdDecoder> {
  compiled ??= compile();
  const imports = { env: { emscripten_notify_memory_growth: () => {} } };
  const { exports } = await WebAssembly.instantiate(await compiled, imports);
  return new WasmDecoder(exports as unknown as Exports);
}

class WasmDecoder implements ZstdDecoder {
  private readonly context: number;
  /** Addresses of the structures, and of the buffers that they point to. */
  private readonly inBuffer: number;
  private readonly outBuffer: number;
  private readonly input: number;
  private readonly output: number;

  constructor(private readonly exports: Exports) {
    this.context = exports.ZSTD_createDCtx();
    this.inBuffer = exports.malloc(BUFFER_BYTES);
    this.outBuffer = exports.malloc(BUFFER_BYTES);
    this.input = exports.malloc(INPUT_BYTES);
    this.output = exports.malloc(OUTPUT_BYTES);
  }

  /** libzstd holds back no output of a frame's last bytes, so `isLast` makes no difference. */
  *decode(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += INPUT_BYTES) {
      const piece = bytes.subarray(at, at + INPUT_BYTES);
      new Uint8Array(this.exports.memory.buffer, this.input).set(piece);
      this.setBuffer(this.inBuffer, this.input, piece.length);
      for (let isDone = false; !isDone; ) {
        this.setBuffer(this.outBuffer, this.output, OUTPUT_BYTES);
        const code = this.exports.ZSTD_decompressStream(this.context, this.outBuffer, this.inBuffer);
        // An error is a size_t just below 2^32, which WebAssembly passes as a negative number.
        if (code < 0) throw zstdFault(-code);
        const length = this.position(this.outBuffer);
        isDone = this.position(this.inBuffer) === piece.length && (length < OUTPUT_BYTES || code === 0);
        if (length > 0) yield new Uint8Array(this.exports.memory.buffer, this.output, length);
      }
    }
  }

  close(): void {}

  private setBuffer(buffer: number, start: number, length: number): void {
    const view = new DataView(this.exports.memory.buffer, buffer);
    view.setUint32(0, start, true);
    view.setUint32(SIZE, length, true);
    view.setUint32(POS, 0, true);
  }

  private position(buffer: number): number {
    return new DataView(this.exports.memory.buffer, buffer).getUint32(POS, true);
  }
}
