/** The stored bytes of a trace, from any value that a caller gives: a path, bytes, a blob, a stream. */
import { UsageError } from "../errors.js";
import { BlobInput } from "./blob-input.js";
import { pathInput } from "./file-input.node.js";
import { IterationSource } from "./iteration-source.js";
import type { ByteSource, RandomAccess } from "./source.js";
import { type StoredInput, StreamInput } from "./stored-input.js";
import { chunksOf } from "./streams.js";
import type { TraceInput } from "./trace.js";
import { fetchedInput, responseInput, webAddress } from "./web-input.js";

export async function storedInput(input: TraceInput, name: string | undefined): Promise<StoredInput> {
  if (typeof input === "string" || input instanceof URL) {
    const address = webAddress(input);
    return address === undefined ? pathInput(input, name) : fetchedInput(address, name);
  }
  if (input instanceof Request) return fetchedInput(input, name);
  if (input instanceof Response) return responseInput(input, name);
  if (input instanceof Uint8Array) return new BytesInput(input, name ?? "<bytes>");
  if (input instanceof Blob) return new BlobInput(input, name ?? blobName(input));
  if (input instanceof ReadableStream) return new StreamInput(chunksOf(input), name ?? "<stream>");
  if (isAsyncIterable(input)) return new StreamInput(input, name ?? "<stream>");
  throw new UsageError(
    "a trace cannot be read from this value",
    "give a path, a URL, a Request, a Response, a Uint8Array, a Blob, a ReadableStream or an async iterable of Uint8Array",
  );
}

function blobName(blob: Blob): string {
  return "name" in blob && typeof blob.name === "string" && blob.name !== "" ? blob.name : "<blob>";
}

function isAsyncIterable(value: object | null | undefined): value is AsyncIterable<Uint8Array> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

class BytesInput implements StoredInput {
  readonly rewindable = true;

  constructor(
    readonly transferable: Uint8Array,
    readonly name: string,
  ) {}

  get sizeBytes(): number {
    return this.transferable.length;
  }

  async open(): Promise<ByteSource> {
    const bytes = this.transferable;
    const random: RandomAccess = {
      sizeBytes: bytes.length,
      read: async (offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
    };
    return new IterationSource(this.name, pieces(bytes), random);
  }

  async dispose(): Promise<void> {}
}

/** Splits large chunks, so that progress is reported often and decompressors have bounded output per call. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

const PIECE_BYTES = 65536;
