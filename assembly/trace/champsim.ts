/**
 * ChampSim's instruction traces: records of 64 bytes, `input_instr` in ChampSim's inc/trace_instruction.h, drawn in
 * `assembly/abi/`. An instruction is a fetch, then a load for each address that it reads, then a store for each that
 * it writes; an address of zero is none.
 *
 * The traces do not say how many bytes are touched: a reference's size is one byte, so that it touches one page, as in
 * ChampSim. The longer records of CloudSuite's SPARC traces are another format.
 */
import {
  BATCH_RECORDS,
  KIND_FETCH,
  KIND_LOAD,
  KIND_STORE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_SIZE,
} from "../abi/core";
import { DECODE_BAD_RECORD } from "../abi/decoder";
import {
  CHAMPSIM_BRANCH,
  CHAMPSIM_BYTES,
  CHAMPSIM_READ,
  CHAMPSIM_REFERENCES,
  CHAMPSIM_TAKEN,
  CHAMPSIM_WRITTEN,
} from "../abi/formats";
import { DEBUG } from "../core/checks";
import { Decoder } from "./decoder";

const TOUCHED_BYTES: u64 = 1;
const LOADS: u32 = 4;

/** Decodes into the batch at `records`, which has `first` records already; returns how many it then has. */
export function decodeChampsim(state: usize, records: usize, first: u32): u32 {
  const decoder = changetype<Decoder>(state);
  if (first == 0) decoder.startBatch();
  const last = records + <usize>BATCH_RECORDS * RECORD_BYTES;
  let record = records + <usize>first * RECORD_BYTES;
  while (decoder.end - decoder.position >= <u32>CHAMPSIM_BYTES && record < last) {
    const from: usize = decoder.position;
    if (load<u8>(from, CHAMPSIM_BRANCH) > 1 || load<u8>(from, CHAMPSIM_TAKEN) > 1) {
      decoder.fail(DECODE_BAD_RECORD, CHAMPSIM_BYTES);
      break;
    }
    decoder.mark(<u32>(record - records) / RECORD_BYTES, decoder.line);
    const whole = decoder.part == 0 && last - record >= <usize>CHAMPSIM_REFERENCES * RECORD_BYTES;
    record = whole ? all(from, record) : some(decoder, from, record, last);
    if (decoder.part != 0) break;
    decoder.position += CHAMPSIM_BYTES;
    decoder.line++;
  }
  if (record < last && decoder.error == 0) decoder.carry();
  if (DEBUG) assert(decoder.isValid());
  return <u32>(record - records) / RECORD_BYTES;
}

/**
 * The references of an instruction for which there is room, without a branch: one that is none is overwritten by the
 * next.
 */
function all(from: usize, record: usize): usize {
  store<u64>(record, load<u64>(from), RECORD_ADDRESS);
  store<u64>(record, TOUCHED_BYTES | ((<u64>KIND_FETCH) << 32), RECORD_SIZE);
  let to = record + RECORD_BYTES;
  to = Slot.put(to, load<u64>(from, CHAMPSIM_READ), KIND_LOAD);
  to = Slot.put(to, load<u64>(from, CHAMPSIM_READ + 8), KIND_LOAD);
  to = Slot.put(to, load<u64>(from, CHAMPSIM_READ + 16), KIND_LOAD);
  to = Slot.put(to, load<u64>(from, CHAMPSIM_READ + 24), KIND_LOAD);
  to = Slot.put(to, load<u64>(from, CHAMPSIM_WRITTEN), KIND_STORE);
  return Slot.put(to, load<u64>(from, CHAMPSIM_WRITTEN + 8), KIND_STORE);
}

class Slot {
  @inline
  static put(record: usize, address: u64, kind: u32): usize {
    store<u64>(record, address, RECORD_ADDRESS);
    store<u64>(record, TOUCHED_BYTES | ((<u64>kind) << 32), RECORD_SIZE);
    return record + (address == 0 ? 0 : RECORD_BYTES);
  }
}

/** The references that are left of an instruction, up to `last`; `part` says how far it got, 0 when it is done. */
function some(decoder: Decoder, from: usize, first: usize, last: usize): usize {
  let record = first;
  let part = decoder.part;
  for (; part < <u32>CHAMPSIM_REFERENCES && record < last; part++) {
    if (part == 0) {
      store<u64>(record, load<u64>(from), RECORD_ADDRESS);
      store<u64>(record, TOUCHED_BYTES | ((<u64>KIND_FETCH) << 32), RECORD_SIZE);
      record += RECORD_BYTES;
    } else {
      const isLoad = part <= LOADS;
      const slot = isLoad ? CHAMPSIM_READ + (part - 1) * 8 : CHAMPSIM_WRITTEN + (part - 1 - LOADS) * 8;
      record = Slot.put(record, load<u64>(from + slot), isLoad ? KIND_LOAD : KIND_STORE);
    }
  }
  decoder.part = part == CHAMPSIM_REFERENCES ? 0 : part;
  return record;
}
