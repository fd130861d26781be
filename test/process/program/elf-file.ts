/** ELF files for tests: a header, program headers, an interpreter's path. */

export interface ElfParts {
  bits?: 32 | 64;
  class?: number;
  data?: number;
  machine?: number;
  type?: number;
  interpreter?: string;
  /** Bytes taken from the end. */
  cut?: number;
  segments?: readonly {
    kind: number;
    flags: number;
    address: number | bigint;
    offset: number;
    fileBytes: number;
    memoryBytes: number;
    align?: number;
  }[];
}

const PT_INTERP = 3;

export function elf({
  bits = 64,
  class: elfClass = bits === 64 ? 2 : 1,
  data = 1,
  machine = 62,
  type = 3,
  interpreter,
  cut = 0,
  segments = [],
}: ElfParts): Uint8Array {
  const wide = bits === 64;
  const start = wide ? 64 : 52;
  const size = wide ? 56 : 32;
  const path = new TextEncoder().encode(interpreter === undefined ? "" : `${interpreter}\0`);
  const count = segments.length + (interpreter === undefined ? 0 : 1);
  const pathAt = start + count * size;
  const bytes = new Uint8Array(pathAt + path.length);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: number | bigint) =>
    wide ? view.setBigUint64(at, BigInt(value), true) : view.setUint32(at, Number(value), true);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, elfClass, data, 1]);
  view.setUint16(16, type, true);
  view.setUint16(18, machine, true);
  word(24, 0x1000);
  word(wide ? 32 : 28, start);
  view.setUint16(wide ? 54 : 42, size, true);
  view.setUint16(wide ? 56 : 44, count, true);
  const all = [
    ...segments,
    ...(interpreter === undefined
      ? []
      : [
          {
            kind: PT_INTERP,
            flags: 4,
            address: pathAt,
            offset: pathAt,
            fileBytes: path.length,
            memoryBytes: path.length,
          },
        ]),
  ];
  for (const [n, { kind, flags, address, offset, fileBytes, memoryBytes, align = 4096 }] of all.entries()) {
    const at = start + n * size;
    view.setUint32(at, kind, true);
    view.setUint32(at + (wide ? 4 : 24), flags, true);
    word(at + (wide ? 8 : 4), offset);
    word(at + (wide ? 16 : 8), address);
    word(at + (wide ? 32 : 16), fileBytes);
    word(at + (wide ? 40 : 20), memoryBytes);
    word(at + (wide ? 48 : 28), align);
  }
  bytes.set(path, pathAt);
  return bytes.subarray(0, bytes.length - cut);
}

/** A small position-independent program: text at 0x1000, data from 0x3db0 with bss to 0x4db0. */
export function movable(parts: ElfParts = {}): Uint8Array {
  return elf({
    interpreter: "/lib64/ld-linux-x86-64.so.2",
    segments: [
      { kind: 1, flags: 4, address: 0, offset: 0, fileBytes: 0x700, memoryBytes: 0x700 },
      { kind: 1, flags: 5, address: 0x1000, offset: 0x1000, fileBytes: 0x200, memoryBytes: 0x200 },
      { kind: 1, flags: 6, address: 0x3db0, offset: 0x2db0, fileBytes: 0x260, memoryBytes: 0x1000 },
      { kind: 0x6474e551, flags: 6, address: 0, offset: 0, fileBytes: 0, memoryBytes: 0 },
    ],
    ...parts,
  });
}
