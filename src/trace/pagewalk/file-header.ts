/** The first bytes of a pagewalk file; assembly/trace/pagewalk/format.ts draws them. */
import { ARCHITECTURE_NAMES } from "../../../assembly/abi/names.js";
import {
  FILE_BLOCK_REFERENCES,
  FILE_CRC,
  FILE_HEADER_BYTES,
  FILE_METADATA_BYTES,
  FILE_UNIT,
  FILE_VERSION,
  FORMAT_VERSION,
  MAGIC_HIGH,
  MAGIC_LOW,
  MOST_BLOCK_REFERENCES,
  MOST_METADATA_BYTES,
  UNIT_ADDRESS,
  UNIT_PAGE,
} from "../../../assembly/trace/pagewalk/format.js";
import { InputError, optionNamed, UsageError } from "../../errors.js";
import type { ArchitectureName } from "../../options/names.js";
import type { Checksum } from "../../wasm/checksum.js";
import type { ByteCursor } from "./byte-cursor.js";
import { damaged, viewOf } from "./damage.js";

/** Free-form metadata: the recorded command, the program that wrote the file. */
export type Metadata = Readonly<Record<string, unknown>>;

export interface FileHeader {
  readonly unit: "address" | "page";
  /** Limit on references of a block. */
  readonly blockReferences: number;
  readonly metadata: Metadata;
}

/** Deeper metadata is refused: recursive functions, `JSON.stringify` among them, would run out of stack. */
const MOST_DEPTH = 64;

/** True if this is a pagewalk file, including one damaged by a transfer as text, or truncated in its first bytes. */
export function startsLikeFile(head: Uint8Array): boolean {
  const start = new Uint8Array(4);
  viewOf(start).setUint32(0, MAGIC_LOW, true);
  return head.length > 0 && start.every((byte, at) => at >= head.length || head[at] === byte);
}

/** The unit in the header, assuming it is valid. */
export function unitOf(head: Uint8Array): "address" | "page" {
  return head[FILE_UNIT] === UNIT_PAGE ? "page" : "address";
}

/** The architecture in the metadata, if the bytes have all of these; the header is assumed to be valid. */
export function architectureOf(head: Uint8Array): ArchitectureName | undefined {
  if (head.length < FILE_HEADER_BYTES) return undefined;
  const end = FILE_HEADER_BYTES + viewOf(head).getUint32(FILE_METADATA_BYTES, true);
  if (end > head.length) return undefined;
  try {
    const text = new TextDecoder().decode(head.subarray(FILE_HEADER_BYTES, end));
    const { architecture }: { architecture?: unknown } = JSON.parse(text);
    return ARCHITECTURE_NAMES.find((name) => name === architecture);
  } catch {
    return undefined; // the reader says what is wrong
  }
}

export function encodeFileHeader(header: FileHeader, checksum: Checksum): Uint8Array {
  const metadata = new TextEncoder().encode(JSON.stringify(header.metadata));
  if (depthOf(metadata) > MOST_DEPTH) {
    throw new UsageError("the metadata is nested too deep", `a trace's has at most ${MOST_DEPTH} levels`);
  }
  if (metadata.length > MOST_METADATA_BYTES) {
    throw new UsageError(
      `the metadata has ${metadata.length} bytes`,
      `a trace has at most ${MOST_METADATA_BYTES}`,
    );
  }
  const bytes = new Uint8Array(FILE_HEADER_BYTES + metadata.length);
  const view = viewOf(bytes);
  view.setUint32(0, MAGIC_LOW, true);
  view.setUint32(4, MAGIC_HIGH, true);
  view.setUint16(FILE_VERSION, FORMAT_VERSION, true);
  view.setUint8(FILE_UNIT, header.unit === "page" ? UNIT_PAGE : UNIT_ADDRESS);
  view.setUint32(FILE_BLOCK_REFERENCES, header.blockReferences, true);
  view.setUint32(FILE_METADATA_BYTES, metadata.length, true);
  view.setUint32(FILE_CRC, checksum.of(bytes.subarray(0, FILE_CRC), metadata), true);
  bytes.set(metadata, FILE_HEADER_BYTES);
  return bytes;
}

export async function readFileHeader(cursor: ByteCursor, checksum: Checksum): Promise<FileHeader> {
  const bytes = await cursor.take(FILE_HEADER_BYTES);
  const view = viewOf(bytes);
  const place = `${cursor.name}:0`;
  checkMagic(view, place);
  const version = view.getUint16(FILE_VERSION, true);
  const metadataBytes = view.getUint32(FILE_METADATA_BYTES, true);
  if (version !== FORMAT_VERSION) {
    const remedy = `this Pagewalk reads version ${FORMAT_VERSION}: update it, or record the trace again`;
    throw new InputError(`has version ${version} of the pagewalk format`, remedy, place);
  }
  if (metadataBytes > MOST_METADATA_BYTES) throw damaged("the file's header", cursor.name, 0);
  const metadata = await cursor.take(metadataBytes);
  if (view.getUint32(FILE_CRC, true) !== checksum.of(bytes.subarray(0, FILE_CRC), metadata)) {
    throw damaged("the file's header", cursor.name, 0);
  }
  const blockReferences = view.getUint32(FILE_BLOCK_REFERENCES, true);
  const unit = view.getUint8(FILE_UNIT);
  const isSound = unit <= UNIT_PAGE && view.getUint8(FILE_UNIT + 1) === 0;
  if (!isSound || blockReferences < 1 || blockReferences > MOST_BLOCK_REFERENCES) {
    throw damaged("the file's header", cursor.name, 0);
  }
  return { unit: unit === UNIT_PAGE ? "page" : "address", blockReferences, metadata: parse(metadata, place) };
}

function checkMagic(view: DataView, place: string): void {
  if (view.getUint32(0, true) !== MAGIC_LOW) {
    const remedy = `name its format with ${optionNamed("format")}, or convert it`;
    throw new InputError("is not a pagewalk file", remedy, place);
  }
  if (view.getUint32(4, true) !== MAGIC_HIGH) {
    const remedy = "transfer it again in binary mode";
    throw new InputError("was changed by a transfer in text mode", remedy, place);
  }
}

function parse(metadata: Uint8Array, place: string): Metadata {
  if (depthOf(metadata) > MOST_DEPTH) {
    throw new InputError(
      `its metadata is nested deeper than ${MOST_DEPTH} levels`,
      "write the file again",
      place,
    );
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(metadata));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new InputError("its metadata is not a JSON object", "write the file again", place);
}

/** How deep arrays and objects of a JSON text are nested. */
function depthOf(json: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (inString && byte === BACKSLASH) at++;
    else if (byte === QUOTE) inString = !inString;
    else if (inString) continue;
    else if (byte === BRACKET || byte === BRACE) deepest = Math.max(deepest, ++depth);
    else if (byte === BRACKET + 2 || byte === BRACE + 2) depth--;
  }
  return deepest;
}

const [QUOTE, BRACKET, BACKSLASH, BRACE] = [0x22, 0x5b, 0x5c, 0x7b];
