/** Binary files that are not traces. */
import { deflateSync, gzipSync } from "node:zlib";
import { binaryOf, type Draw, type Maker } from "./draw.js";
import { otherTexts } from "./other-texts.js";

const random = (draw: Draw, count: number) => Uint8Array.from({ length: count }, () => draw.int(0, 255));
const join = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

const noise: Maker = (draw) => ({ bytes: random(draw, draw.size(1, 70_000)) });

const constant: Maker = (draw) => ({
  bytes: new Uint8Array(draw.size(8, 70_000)).fill(draw.pick([0, 1, 2, 0xff, 0x80])),
});

/** Arrays of numbers, some sorted or counted up. */
const numbers: Maker = (draw) => {
  const bytes = draw.pick([1, 2, 4, 8]);
  const most = draw.pick([1, 3, 300, 70_000, 2 ** 31]);
  const values = draw.items(16, 6000, () => draw.int(0, most));
  const form = draw.int(0, 3);
  if (form === 1) values.sort((a, b) => a - b);
  const all = form === 2 ? values.map((_, index) => index) : values;
  return {
    bytes: binaryOf(
      all.map((value) => [bytes, value] as const),
      draw.chance(0.5),
    ),
  };
};

/** Records of a few fields: times, identifiers, sizes, flags, decimals. */
const records: Maker = (draw) => {
  const widths = Array.from({ length: draw.int(2, 12) }, () => draw.pick([1, 2, 4, 4, 8, 8]));
  const kinds = widths.map(() => draw.int(0, 5));
  const values = (kind: number, width: number, index: number): bigint | number => {
    if (kind === 0) return index;
    if (kind === 1) return 1_700_000_000 + index * 3;
    if (kind === 2) return draw.int(0, 3);
    if (kind === 3) return draw.int(0, 100_000);
    if (kind === 4) return draw.bits(width * 8);
    return 0;
  };
  const fields = draw.items(8, 1500, (index) =>
    widths.map((width, column) => [width, values(kinds[column] ?? 0, width, index)] as const),
  );
  return { bytes: binaryOf(fields.flat(), draw.chance(0.5)) };
};

const decimals: Maker = (draw) => {
  const values = draw.items(16, 6000, (index) => Math.sin(index / 9) * draw.int(1, 5));
  return {
    bytes: new Uint8Array((draw.chance(0.5) ? Float32Array.from(values) : Float64Array.from(values)).buffer),
  };
};

/** Pictures and programs: the head, then sections of noise, zeros and small numbers. */
const HEADS: readonly (readonly number[])[] = [
  [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0x3e, 0],
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52],
  [0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1],
  [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66, 0x6f, 0x72, 0x6d, 0x61, 0x74, 0x20, 0x33, 0],
  [0x25, 0x50, 0x44, 0x46, 0x2d, 0x31, 0x2e, 0x37, 0x0a],
  [0x52, 0x49, 0x46, 0x46, 0x24, 0x08, 0, 0, 0x57, 0x41, 0x56, 0x45],
  [0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0],
  [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
];

const images: Maker = (draw) => {
  const section = () => draw.pick([noise, constant, numbers, records])(draw).bytes;
  return { bytes: join(Uint8Array.from(draw.pick(HEADS)), section(), section()) };
};

const packed: Maker = (draw) => {
  const others = [noise, constant, numbers, records, images, ...Object.values(otherTexts)];
  const { bytes } = draw.pick(others)(draw);
  return { bytes: new Uint8Array(draw.chance(0.8) ? gzipSync(bytes) : deflateSync(bytes)) };
};

const utf16: Maker = (draw) => ({
  bytes: new Uint8Array(Buffer.from(draw.items(2, 900, () => draw.word()).join("\n"), "utf16le")),
});

export const otherBinaries: Readonly<Record<string, Maker>> = {
  noise,
  "one byte": constant,
  "arrays of numbers": numbers,
  records,
  decimals,
  "programs and pictures": images,
  "compressed files": packed,
  "UTF-16": utf16,
};
