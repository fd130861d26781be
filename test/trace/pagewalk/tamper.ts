/** Files with false fields and right checksums. */
import { crc32, inflateRawSync } from "node:zlib";
import { unpackLz4 } from "./independent-reader.js";

export interface OpenBlock {
  /** 128 bytes; `sealed` corrects lengths and checksums. */
  header: Buffer;
  /** The sections, unpacked. */
  sections: Buffer[];
  /** The stored replacement of a section, and its claimed number of raw bytes. */
  forged: Map<number, { stored: Buffer; rawBytes: number }>;
}

export interface OpenedFile {
  /** Up to the first block. */
  head: Buffer;
  blocks: OpenBlock[];
}

export function opened(file: Uint8Array): OpenedFile {
  const bytes = Buffer.from(file);
  const head = bytes.subarray(0, 24 + bytes.readUInt32LE(16));
  const blocks: OpenBlock[] = [];
  for (let at = head.length; bytes.toString("latin1", at, at + 4) === "PGWB"; ) {
    const header = Buffer.from(bytes.subarray(at, at + 128));
    at += 128;
    const sections = [0, 1, 2, 3, 4, 5].map((section) => {
      const raw = header.readUInt32LE(52 + 12 * section);
      const stored = header.readUInt32LE(56 + 12 * section);
      const data = bytes.subarray(at, at + stored);
      at += stored;
      if (stored === raw) return Buffer.from(data);
      return section === 0 ? unpackLz4(data) : inflateRawSync(data);
    });
    blocks.push({ header, sections, forged: new Map() });
  }
  return { head, blocks };
}

export function sealed({ head, blocks }: OpenedFile): Uint8Array {
  const parts = [head];
  const index = Buffer.alloc(8 + 40 * blocks.length);
  index.write("PGWI");
  index.writeUInt32LE(blocks.length, 4);
  let at = head.length;
  let references = 0;
  for (const [number, { header, sections, forged }] of blocks.entries()) {
    const stored = sections.map((raw, section) => forged.get(section)?.stored ?? raw);
    for (const [section, data] of stored.entries()) {
      header.writeUInt32LE(forged.get(section)?.rawBytes ?? data.length, 52 + 12 * section);
      header.writeUInt32LE(data.length, 56 + 12 * section);
      header.writeUInt32LE(crc32(data), 60 + 12 * section);
    }
    header.writeUInt32LE(crc32(header.subarray(0, 124)), 124);
    const entry = 8 + 40 * number;
    index.writeBigUInt64LE(BigInt(at), entry);
    header.copy(index, entry + 8, 8, 32);
    header.copy(index, entry + 32, 4, 8);
    index.writeUInt32LE(128 + (stored[0]?.length ?? 0), entry + 36);
    references = Number(header.readBigUInt64LE(8));
    for (const field of [16, 20, 24, 28]) references += header.readUInt32LE(field);
    parts.push(header, ...stored);
    at += stored.reduce((sum, data) => sum + data.length, 128);
  }
  const trailer = Buffer.alloc(24);
  trailer.writeBigUInt64LE(BigInt(at), 0);
  trailer.writeBigUInt64LE(BigInt(references), 8);
  trailer.writeUInt32LE(crc32(trailer.subarray(0, 16)), 16);
  trailer.write("PGWE", 20);
  const indexCrc = Buffer.alloc(4);
  indexCrc.writeUInt32LE(crc32(index));
  return new Uint8Array(Buffer.concat([...parts, index, indexCrc, trailer]));
}
