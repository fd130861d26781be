/**
 * Changes inputs at random: what disks, transfers, editors and attackers do to files. A mutation is a function of the
 * random numbers and the inputs alone, so a seed and a number give the same input again.
 */

/** @typedef {import("#pagewalk/custom/random.js").Random} Random */
/** @typedef {(bytes: Buffer, random: Random, other: Buffer) => Buffer} Mutation */

/** Mutants are not longer than this, so that time per input has a bound. */
export const MOST_BYTES = 1 << 18;

const NUMBERS = [
  "0",
  "-1",
  "-0x1",
  "255",
  "4095",
  "4096",
  "65536",
  "0x3fffffff",
  "0x40000000",
  "2147483647",
  "2147483648",
  "4294967295",
  "4294967296",
  "9007199254740993",
  "0x7ffffffff000",
  "0x800000000000",
  "9223372036854775807",
  "9223372036854775808",
  "0xffffffffffffffff",
  "18446744073709551616",
  "1e308",
  "0777",
  "NaN",
  "٣",
];
const CONTROLS = [
  "\0",
  "\x07",
  "\x1b[2J",
  "\x1b]0;x\x07",
  "\x7f",
  "\x9b31m",
  "\r",
  "\r\n",
  "\t",
  "\v",
  "\u2028",
  "\u202e",
  "\ufeff",
  "é",
  "😀",
];
/** Pieces that stand many times in a long line; each has been the start of a quadratic search somewhere. */
const REPEATED = [
  " ",
  "\t",
  "# ",
  "-1",
  "1",
  "0",
  "a",
  "A",
  "(",
  ")",
  "[",
  "{",
  "<",
  ">",
  '"',
  "\\",
  ",",
  ", ",
  "|",
  "=",
  "()=x",
  "/* ",
  "*/",
  "...",
  "[pid ",
  "a(",
  "x->",
  "0x",
  "::",
  "\n",
  "\r",
];
const NESTED = [
  ["[", "]"],
  ["{", "}"],
  ["(", ")"],
  ['{"a":', "}"],
  ["[[", "]]"],
  ["f(", ")"],
];

/** A whole number from 0 up to but excluding `limit`. @param {Random} random @param {number} limit */
export function below(random, limit) {
  return Math.floor(random() * limit);
}

/** @template T @param {Random} random @param {readonly T[]} list @returns {T} */
export function oneOf(random, list) {
  return /** @type {T} */ (list[below(random, list.length)]);
}

/** Short more often than long. @param {Random} random @param {number} most */
function length(random, most) {
  return Math.floor(Math.exp(random() * Math.log(most + 1)));
}

/** Replaces `bytes[from, to)`. @param {Buffer} bytes @param {number} from @param {number} to @param {string | Buffer} by */
function replaced(bytes, from, to, by) {
  return Buffer.concat([
    bytes.subarray(0, from),
    typeof by === "string" ? Buffer.from(by) : by,
    bytes.subarray(to),
  ]);
}

/** Damage: none of these gives a whole file of a checksummed format. @type {Mutation[]} */
export const DAMAGE = [
  function flipBit(bytes, random) {
    const at = below(random, bytes.length);
    const by = 1 << below(random, 8);
    return replaced(bytes, at, at + 1, Buffer.from([(bytes[at] ?? 0) ^ by]));
  },
  function setByte(bytes, random) {
    const at = below(random, bytes.length);
    return replaced(
      bytes,
      at,
      at + 1,
      Buffer.from([oneOf(random, [0, 0xff, 0x7f, 0x80, 0x0a, below(random, 256)])]),
    );
  },
  function cut(bytes, random) {
    return bytes.subarray(0, below(random, bytes.length));
  },
  function remove(bytes, random) {
    const at = below(random, bytes.length);
    return replaced(bytes, at, at + length(random, bytes.length), "");
  },
  function zero(bytes, random) {
    const at = below(random, bytes.length);
    const end = Math.min(bytes.length, at + length(random, 512));
    return replaced(bytes, at, end, Buffer.alloc(end - at));
  },
  function repeatPiece(bytes, random) {
    const at = below(random, bytes.length);
    const piece = bytes.subarray(at, at + length(random, Math.max(1, bytes.length >> 1)));
    return replaced(bytes, at, at, piece);
  },
  function swapPieces(bytes, random) {
    const [a = 0, b = 0, c = 0] = [0, 0, 0].map(() => below(random, bytes.length)).sort((x, y) => x - y);
    return Buffer.concat([
      bytes.subarray(0, a),
      bytes.subarray(b, c),
      bytes.subarray(a, b),
      bytes.subarray(c),
    ]);
  },
  function setInteger(bytes, random) {
    if (bytes.length < 8) return bytes;
    const part = Buffer.from(bytes);
    const value = oneOf(random, [
      0n,
      1n,
      0x7fffffffn,
      0x80000000n,
      0xffffffffn,
      1n << 32n,
      (1n << 63n) - 1n,
      (1n << 64n) - 1n,
    ]);
    const at = below(random, bytes.length - 7);
    if (random() < 0.5) part.writeUInt32LE(Number(value & 0xffffffffn), at);
    else part.writeBigUInt64LE(value, at);
    return part;
  },
];

/** Changes for text alone, and those that make another whole file. @type {Mutation[]} */
const TEXT = [
  function splice(bytes, random, other) {
    const at = below(random, bytes.length);
    const from = below(random, other.length);
    return replaced(
      bytes,
      at,
      at + length(random, 200),
      other.subarray(from, from + length(random, other.length)),
    );
  },
  function changeNumber(bytes, random) {
    const text = bytes.toString("latin1");
    const numbers = [...text.matchAll(/0x[0-9a-f]+|\d+/gi)];
    if (numbers.length === 0) return bytes;
    const { index, 0: digits } = oneOf(random, numbers);
    return replaced(bytes, index, index + digits.length, oneOf(random, NUMBERS));
  },
  function longNumber(bytes, random) {
    const at = below(random, bytes.length);
    return replaced(bytes, at, at, oneOf(random, ["1", "9", "f", "0"]).repeat(length(random, 2000)));
  },
  function control(bytes, random) {
    const at = below(random, bytes.length);
    return replaced(bytes, at, at + below(random, 2), oneOf(random, CONTROLS));
  },
  function longRun(bytes, random) {
    const piece = oneOf(random, REPEATED);
    const at = below(random, bytes.length);
    return replaced(bytes, at, at, piece.repeat(length(random, 200_000 / piece.length)));
  },
  function nested(bytes, random) {
    const [open = "", close = ""] = oneOf(random, NESTED);
    const depth = length(random, 8000);
    const at = below(random, bytes.length);
    return replaced(bytes, at, at, open.repeat(depth) + (random() < 0.5 ? close.repeat(depth) : ""));
  },
  function repeatLine(bytes, random) {
    const lines = bytes.toString("latin1").split("\n");
    const at = below(random, lines.length);
    const times = length(random, 300);
    lines.splice(below(random, lines.length), 0, ...Array.from({ length: times }, () => lines[at] ?? ""));
    return Buffer.from(lines.join("\n"), "latin1");
  },
  function swapLines(bytes, random) {
    const lines = bytes.toString("latin1").split("\n");
    const [a, b] = [below(random, lines.length), below(random, lines.length)];
    [lines[a], lines[b]] = [lines[b] ?? "", lines[a] ?? ""];
    return Buffer.from(lines.join("\n"), "latin1");
  },
];

const ALL = [...DAMAGE, ...TEXT, ...TEXT];

/**
 * Applies one mutation or a few.
 * @param {Buffer} bytes
 * @param {Random} random
 * @param {readonly Mutation[]} mutations
 * @param {Buffer} other another input, for splices
 */
export function mutated(bytes, random, mutations = ALL, other = bytes) {
  let result = bytes;
  for (let left = length(random, 8); left > 0; left--) {
    if (result.length === 0) break;
    result = oneOf(random, mutations)(result, random, other).subarray(0, MOST_BYTES);
  }
  return result;
}
