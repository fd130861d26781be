/**
 * The model of a block's references that encoder and decoder share: the operations in the order of the file, the chains
 * they form, and the guesses.
 *
 *   records   ├ op 0 ┼ op 1 ┼ op 2 ┼ op 3 ┼ …        16 bytes each: a record of abi's, a data operation's address 0
 *   starts    0 ─────────────── 2 ──── 3 …           chain → its first operation; one more than there are chains
 */
import { RECORD_BYTES, RECORD_KIND } from "../../abi/core";
import { allocate, make } from "../../core/arena";
import { MOST_OPERATIONS } from "./format";
import { AddressGuess, PathGuess } from "./guess";

@final
@unmanaged
export class Model {
  operations: u32;
  chains: u32;
  path: PathGuess;
  addresses: AddressGuess;
  private records: usize;
  private starts: usize; // u32[MOST_OPERATIONS + 1]

  /** Null when memory is out. */
  static create(): Model {
    const model = make<Model>();
    if (changetype<usize>(model) == 0) return model;
    model.records = allocate(MOST_OPERATIONS * RECORD_BYTES);
    model.starts = allocate((MOST_OPERATIONS + 1) << 2);
    model.path = make<PathGuess>();
    model.addresses = make<AddressGuess>();
    if (!model.records || !model.starts || !changetype<usize>(model.addresses)) return changetype<Model>(0);
    return model.path.create() && model.addresses.create(MOST_OPERATIONS) ? model : changetype<Model>(0);
  }

  start(): void {
    this.operations = 0;
    this.chains = 0;
  }

  @inline
  record(operation: u32): usize {
    return this.records + <usize>operation * RECORD_BYTES;
  }

  @inline
  kind(operation: u32): u32 {
    return load<u32>(this.record(operation), RECORD_KIND);
  }

  @inline
  chainStart(chain: u32): u32 {
    return load<u32>(this.starts + ((<usize>chain) << 2));
  }

  /** From here on operations belong to a new chain. */
  startChain(): void {
    store<u32>(this.starts + (this.chains++ << 2), this.operations);
  }

  /** A new operation; the address of its record. */
  @inline
  addOperation(): usize {
    return this.record(this.operations++);
  }

  /** The last chain ends. */
  finish(): void {
    store<u32>(this.starts + ((<usize>this.chains) << 2), this.operations);
  }
}
