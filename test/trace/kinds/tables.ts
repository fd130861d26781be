/** Tables of requests: with the headers that tools write, and those of known collections. */
import { type Draw, type Maker, textOf } from "./draw.js";

type Field = (draw: Draw, index: number) => string | number;

const time: Field = (_, index) => 1_600_000_000 + index;
const id: Field = (draw) => draw.int(0, 100_000);
const bytes: Field = (draw) => draw.pick([512, 4096, 8192, 65_536]);
const sectors: Field = (draw) => draw.int(0, 1 << 30) * 8;

/** Headers of libCacheSim's samples, CloudPhysics' tables, CacheLib, blktrace's and our own. */
const HEADERS: readonly (readonly [string, Field])[][] = [
  [
    ["time", time],
    ["obj_id", id],
    ["size", bytes],
  ],
  [
    ["timestamp", time],
    ["object_id", id],
    ["object_size", bytes],
    ["op", (draw) => draw.pick(["read", "write"])],
  ],
  [
    ["version", () => 1],
    ["time", time],
    ["obj", id],
    ["length", bytes],
    ["cmd", (draw) => draw.pick([0, 1])],
  ],
  [
    ["page", id],
    ["size", bytes],
    ["kind", (draw) => draw.pick(["load", "store"])],
  ],
  [["page", id]],
  [
    ["ts", time],
    ["lbn", sectors],
    ["len", bytes],
    ["op", (draw) => draw.pick(["R", "W"])],
  ],
  [
    ["time", time],
    ["key", (draw) => draw.word()],
    ["size", bytes],
  ],
  [
    ["address", (draw) => `0x${draw.hex(draw.address())}`],
    ["size", (draw) => draw.pick([1, 4, 8])],
    ["rw", (draw) => draw.pick(["r", "w"])],
  ],
  [
    ["op_time", time],
    ["key", id],
    ["key_size", () => 16],
    ["op", (draw) => draw.pick(["GET", "SET"])],
    ["op_count", () => 1],
    ["size", bytes],
    ["cache_hits", () => 0],
    ["ttl", () => 0],
    ["usecase", () => 1],
    ["sub_usecase", () => 2],
  ],
];

export const csv: Maker = (draw) => {
  const columns = draw.pick(HEADERS);
  const delimiter = draw.pick([",", ",", ";", "\t", "|"]);
  const isQuoted = draw.chance(0.15);
  const isCapital = draw.chance(0.3);
  const text = (field: string | number) => (isQuoted ? `"${field}"` : String(field));
  const names = columns.map(([name]) => text(isCapital ? name.toUpperCase() : name));
  const head = draw.chance(0.15) && columns.length > 1 ? `# ${names.join(delimiter)}` : names.join(delimiter);
  const rows = draw.items(2, 2000, (index) =>
    columns.map(([, field]) => text(field(draw, index))).join(delimiter),
  );
  return { bytes: textOf(draw, [head, ...rows], true), references: rows.length };
};

const ROWS: Readonly<Record<string, readonly [delimiter: string, fields: readonly Field[]]>> = {
  msr: [
    ",",
    [
      (_, index) => `12816637200${String(3061629 + index * 97)}`,
      () => "hm",
      (draw) => draw.int(0, 3),
      (draw) => draw.pick(["Read", "Write"]),
      (draw) => draw.int(0, 1 << 30) * 512,
      bytes,
      (draw) => draw.int(10, 99_999),
    ],
  ],
  alibaba: [
    ",",
    [
      (draw) => draw.int(0, 999),
      (draw) => draw.pick(["R", "W"]),
      (draw) => draw.int(0, 1 << 30) * 4096,
      bytes,
      (_, index) => 1_577_808_144_360_767 + index,
    ],
  ],
  tencent: [
    ",",
    [
      (_, index) => 1_538_323_200 + index,
      sectors,
      (draw) => draw.pick([8, 128, 384]),
      (draw) => draw.int(0, 1),
      (draw) => draw.int(1000, 9999),
    ],
  ],
  spc: [
    ",",
    [
      (draw) => draw.int(0, 4),
      sectors,
      bytes,
      (draw) => draw.pick(["R", "W", "r", "w"]),
      (_, index) => (index / 1000).toFixed(6),
    ],
  ],
  twitter: [
    ",",
    [
      (_, index) => index >> 3,
      (draw) => `q:${draw.word()}:${draw.int(0, 999)}`,
      () => 17,
      (draw) => draw.int(0, 4000),
      (draw) => draw.int(1, 99),
      (draw) => draw.pick(["get", "gets", "set", "delete", "add", "incr"]),
      (draw) => draw.pick([0, 86_400]),
    ],
  ],
  "ibm-cos": [
    " ",
    [
      (_, index) => 1_219_008 + index * 13,
      (draw) => draw.pick(["REST.GET.OBJECT", "REST.PUT.OBJECT", "REST.HEAD.OBJECT"]),
      (draw) => draw.hex(0x8d4fcda3d675bac9n ^ BigInt(draw.int(0, 999)), 16),
      (draw) => draw.int(1, 1 << 20),
    ],
  ],
  fiu: [
    " ",
    [
      (_, index) => 329_131_208_190_249 + index * 1000,
      (draw) => draw.int(1, 9999),
      (draw) => draw.pick(["syslogd", "kjournald", "httpd"]),
      sectors,
      () => 8,
      (draw) => draw.pick(["R", "W"]),
      () => 6,
      () => 0,
      (draw) => draw.hex(draw.bits(128), 32),
    ],
  ],
  lrb: [" ", [(_, index) => index >> 2, id, (draw) => draw.int(1, 99_999)]],
};

/** The table of a collection; it has no header. */
export const presetTables: Readonly<Record<string, Maker>> = Object.fromEntries(
  Object.entries(ROWS).map(([name, [delimiter, fields]]) => [
    name,
    (draw: Draw) => {
      const rows = draw.items(2, 2000, (index) => fields.map((field) => field(draw, index)).join(delimiter));
      return { bytes: textOf(draw, rows, true), references: rows.length };
    },
  ]),
);
