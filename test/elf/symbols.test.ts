/** The functions of an ELF file, against the list that a file is made from. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readElf } from "#pagewalk/elf/elf.js";
import { functionsOf } from "#pagewalk/elf/symbols.js";
import { InputError } from "#pagewalk/index.js";
import { caseCount } from "../build.js";
import { elf } from "../process/program/elf-file.js";

interface Symbol {
  name: string;
  value: number;
  /** STT_NOTYPE, STT_OBJECT, STT_FUNC, STT_SECTION, STT_FILE, STT_GNU_IFUNC. */
  kind: number;
  section: number;
}

const SHT = { symtab: 2, strtab: 3, dynsym: 11 };
const FUNCTIONS = [2, 10];

/** A file with the tables that a linker makes: null, .symtab, .strtab, .dynsym, .dynstr. */
function fileOf(bits: 32 | 64, tables: Record<"symtab" | "dynsym", readonly Symbol[]>): Uint8Array {
  const wide = bits === 64;
  const word = (bytes: Uint8Array, at: number, value: number) => {
    const view = new DataView(bytes.buffer);
    if (wide) view.setBigUint64(at, BigInt(value), true);
    else view.setUint32(at, value, true);
  };
  const parts = [
    elf({
      bits,
      machine: wide ? 62 : 3,
      segments: [{ kind: 1, flags: 5, address: 0, offset: 0, fileBytes: 64, memoryBytes: 64 }],
    }),
  ];
  const lengthOf = () => parts.reduce((sum, { length }) => sum + length, 0);
  const sections = [{ type: 0, offset: 0, size: 0, link: 0 }];
  for (const kind of ["symtab", "dynsym"] as const) {
    const symbols = tables[kind];
    const bytes = new Uint8Array(symbols.length * (wide ? 24 : 16));
    const view = new DataView(bytes.buffer);
    let names = "\0";
    for (const [n, { name, value, kind, section }] of symbols.entries()) {
      const at = n * (wide ? 24 : 16);
      view.setUint32(at, names.length, true);
      word(bytes, at + (wide ? 8 : 4), value);
      view.setUint8(at + (wide ? 4 : 12), 0x10 | kind);
      view.setUint16(at + (wide ? 6 : 14), section, true);
      names += `${name}\0`;
    }
    sections.push({ type: SHT[kind], offset: lengthOf(), size: bytes.length, link: sections.length + 1 });
    parts.push(bytes);
    const text = new TextEncoder().encode(names);
    sections.push({ type: SHT.strtab, offset: lengthOf(), size: text.length, link: 0 });
    parts.push(text);
  }
  const headers = lengthOf();
  const size = wide ? 64 : 40;
  const table = new Uint8Array(sections.length * size);
  for (const [n, { type, offset, size: bytes, link }] of sections.entries()) {
    new DataView(table.buffer).setUint32(n * size + 4, type, true);
    word(table, n * size + (wide ? 24 : 16), offset);
    word(table, n * size + (wide ? 32 : 20), bytes);
    new DataView(table.buffer).setUint32(n * size + (wide ? 40 : 24), link, true);
  }
  parts.push(table);
  const file = Uint8Array.from(parts.flatMap((part) => [...part]));
  word(file, wide ? 40 : 32, headers);
  new DataView(file.buffer).setUint16(wide ? 58 : 46, size, true);
  new DataView(file.buffer).setUint16(wide ? 60 : 48, sections.length, true);
  return file;
}

const read = (file: Uint8Array) => functionsOf(file, readElf(file, "t"), "t");

const symbol: fc.Arbitrary<Symbol> = fc.record({
  name: fc.stringMatching(/^[a-z_]{1,8}$/),
  value: fc.nat(0xffffff),
  kind: fc.constantFrom(0, 1, 2, 2, 3, 4, 10),
  section: fc.constantFrom(0, 1, 1, 7),
});
const list = fc.array(symbol, { maxLength: 30, size: "max" });

test.each([32, 64] as const)("are those that a file of %d bits defines, by their first name", (bits) => {
  fc.assert(
    fc.property(list, list, (symtab, dynsym) => {
      const due = new Map<string, bigint>();
      for (const { name, value, kind, section } of [...symtab, ...dynsym]) {
        const isDefined = FUNCTIONS.includes(kind) && section !== 0;
        if (isDefined && !due.has(name)) due.set(name, BigInt(value));
      }
      expect(read(fileOf(bits, { symtab, dynsym }))).toEqual(due);
    }),
    { numRuns: caseCount(100) },
  );
});

test.each([32, 64] as const)("of a damaged file of %d bits are refused or read, and nothing else", (bits) => {
  const one = { name: "main", value: 0x1000, kind: 2, section: 1 };
  const file = fileOf(bits, { symtab: [one, { ...one, name: "work" }], dynsym: [one] });
  for (let at = 0; at < file.length; at++) {
    for (const flip of [1, 0x80, 0xff]) {
      const damaged = file.slice();
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      try {
        expect(read(damaged)).toBeInstanceOf(Map);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }
  }
});

test("a stripped file has none", () => {
  const file = elf({
    segments: [{ kind: 1, flags: 5, address: 0, offset: 0, fileBytes: 64, memoryBytes: 64 }],
  });
  expect(read(file)).toEqual(new Map());
});
