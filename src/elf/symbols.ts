/**
 * Reads the functions of an ELF file from its symbol tables. From: System V ABI, chapter 4, "Section Header" and "Symbol
 * Table"; `nm` and `nm -D` show the same.
 */
import { InputError } from "../errors.js";
import type { ElfFile } from "./elf.js";

const SHT_SYMTAB = 2;
const SHT_DYNSYM = 11;
const STT_FUNC = 2;
const STT_GNU_IFUNC = 10;
const SHN_UNDEF = 0;

/** Offsets of fields, and sizes, for files of 32 and 64 bits. */
const LAYOUTS = {
  32: {
    header: { offset: 32, size: 46, count: 48 },
    section: { bytes: 40, offset: 16, size: 20, link: 24 },
    symbol: { bytes: 16, info: 12, section: 14, value: 4 },
  },
  64: {
    header: { offset: 40, size: 58, count: 60 },
    section: { bytes: 64, offset: 24, size: 32, link: 40 },
    symbol: { bytes: 24, info: 4, section: 6, value: 8 },
  },
} as const;

/**
 * The addresses of the functions that the file defines, by name, as it is linked. Of several functions with one name it
 * has the first. Empty if the file is stripped. Throws `InputError` if its tables lie beyond the file.
 */
export function functionsOf(bytes: Uint8Array, { bits }: ElfFile, name: string): Map<string, bigint> {
  const { header, section, symbol } = LAYOUTS[bits];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => (bits === 64 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true)));
  const within = (at: bigint, length: bigint): number => {
    if (at + length <= bytes.length) return Number(at);
    throw new InputError("its sections lie beyond the file", "give the whole ELF file", `${name}:${at}`);
  };
  const count = view.getUint16(header.count, true);
  const first = within(word(header.offset), BigInt(count * section.bytes));
  const sectionAt = (number: number) => {
    const at = first + number * section.bytes;
    const length = word(at + section.size);
    return { type: view.getUint32(at + 4, true), at, length, link: view.getUint32(at + section.link, true) };
  };
  const functions = new Map<string, bigint>();
  for (const wanted of [SHT_SYMTAB, SHT_DYNSYM]) {
    for (let number = 0; number < count; number++) {
      const { type, at, length, link } = sectionAt(number);
      if (type !== wanted || link >= count) continue;
      const symbols = within(word(at + section.offset), length);
      const strings = sectionAt(link);
      const texts = within(word(strings.at + section.offset), strings.length);
      const end = symbols + Number(length) - symbol.bytes;
      for (let entry = symbols; entry <= end; entry += symbol.bytes) {
        const kind = view.getUint8(entry + symbol.info) & 15;
        if (kind !== STT_FUNC && kind !== STT_GNU_IFUNC) continue;
        if (view.getUint16(entry + symbol.section, true) === SHN_UNDEF) continue;
        const text = textAt(bytes, texts + view.getUint32(entry, true), texts + Number(strings.length));
        if (text !== "" && !functions.has(text)) functions.set(text, word(entry + symbol.value));
      }
    }
  }
  return functions;
}

/** The text from `start` to its zero, before `end`. */
function textAt(bytes: Uint8Array, start: number, end: number): string {
  const zero = bytes.indexOf(0, start);
  return start >= end || zero < 0 || zero >= end ? "" : DECODER.decode(bytes.subarray(start, zero));
}

const DECODER = new TextDecoder();
