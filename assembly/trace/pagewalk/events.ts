/**
 * Events: how many guesses in a row are right, and what is there instead of the one after them.
 *
 *   run << 2 │ code       a varint; after the last event every guess is right
 */
import { EVENT_CODE_BITS } from "./format";
import { Input, Output } from "./varint";

const EVENT_CODE: u32 = (1 << EVENT_CODE_BITS) - 1;

@final
@unmanaged
export class EventWriter {
  private run: u32;
  output: Output;

  start(): void {
    this.run = 0;
  }

  @inline
  hit(): void {
    this.run++;
  }

  @inline
  miss(code: u32): void {
    this.output.number(((<u64>this.run) << EVENT_CODE_BITS) | code);
    this.run = 0;
  }
}

@final
@unmanaged
export class EventReader {
  run: u32;
  isDone: bool;
  code: u32;
  input: Input;

  start(section: usize, bytes: u32): void {
    this.input.reset(section, bytes);
    this.isDone = false;
    this.next();
  }

  /** Returns the code of the event at the run's end, and begins the run up to the next one. */
  next(): u32 {
    const code = this.code;
    this.isDone = this.input.isAtEnd;
    if (this.isDone) {
      this.run = u32.MAX_VALUE;
      return code;
    }
    const event = this.input.number();
    this.run = <u32>min<u64>(event >> EVENT_CODE_BITS, u32.MAX_VALUE);
    this.code = <u32>event & EVENT_CODE;
    return code;
  }
}
