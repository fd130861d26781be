/**
 * The words for a reference's kind in tables of many tools, in capital or small letters. A word of up to eight letters
 * is a little-endian number.
 *
 *   load     r read rs l load get gets 0 28                 rs, ws: blktrace's; 0, 1, 2: Dinero's
 *   store    w write ws s store set put 1 2a                28, 2a: SCSI operation codes, as in CloudPhysics' tables
 *   fetch    i ifetch fetch x 2
 *   modify   m modify
 *
 * Longer and rarer words are in the host's plan, which comes first (`abi/table.ts`).
 */
import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE } from "../abi/core";

export const UNKNOWN_KIND: u32 = 0xff;

const LONGEST: u32 = 8;
/** The bit that letters have and digits have not; the next lower one makes a letter small. */
const LETTERS: u64 = 0x4040404040404040;

const READ: u64 = 0x64616572; // "read"
const WRITE: u64 = 0x6574697277; // "write"
const FETCH: u64 = 0x6863746566; // "fetch"
const MODIFY: u64 = 0x796669646f6d; // "modify"

/** The kind that the word at [from, to) names; eight bytes can be read there. */
export function kindOf(from: u32, to: u32): u32 {
  const length = to - from;
  if (length - 1 >= LONGEST) return UNKNOWN_KIND;
  const mask = u64.MAX_VALUE >> ((<u64>(LONGEST - length)) << 3);
  const typed = load<u64>(from) & mask;
  const word = typed | ((typed & LETTERS) >> 1);
  return length <= 2 ? kindOfShort(<u32>word) : kindOfWord(word);
}

function kindOfShort(word: u32): u32 {
  switch (word) {
    case 0x72: // "r"
    case 0x7372: // "rs"
    case 0x6c: // "l"
    case 0x30: // "0"
    case 0x3832: // "28"
      return KIND_LOAD;
    case 0x77: // "w"
    case 0x7377: // "ws"
    case 0x73: // "s"
    case 0x31: // "1"
    case 0x6132: // "2a"
      return KIND_STORE;
    case 0x69: // "i"
    case 0x78: // "x"
    case 0x32: // "2"
      return KIND_FETCH;
    case 0x6d: // "m"
      return KIND_MODIFY;
    default:
      return UNKNOWN_KIND;
  }
}

function kindOfWord(word: u64): u32 {
  if (word == READ) return KIND_LOAD;
  if (word == WRITE) return KIND_STORE;
  if (word == 0x746567 || word == 0x73746567 || word == 0x64616f6c) return KIND_LOAD; // get gets load
  if (word == 0x746573 || word == 0x747570 || word == 0x65726f7473) return KIND_STORE; // set put store
  if (word == FETCH || word == 0x686374656669) return KIND_FETCH; // ifetch
  return word == MODIFY ? KIND_MODIFY : UNKNOWN_KIND;
}

/** The word that is written for a kind. */
export function kindName(kind: u32): u64 {
  if (kind == KIND_LOAD) return READ;
  if (kind == KIND_STORE) return WRITE;
  return kind == KIND_FETCH ? FETCH : MODIFY;
}
