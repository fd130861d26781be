/** The operations of a block as its dictionary, by columns: flags, sizes, and the addresses of fetches that do not follow on. */
import { KIND_FETCH, RECORD_ADDRESS, RECORD_SIZE } from "../../abi/core";
import { OPERATION_FOLLOWS, OPERATION_STARTS_CHAIN } from "./format";
import { Model } from "./model";
import { Output, Zigzag } from "./varint";

export function writeDictionary(model: Model, output: Output, addressesArePages: bool): void {
  output.reset(output.start);
  writeFlags(model, output, addressesArePages);
  for (let operation: u32 = 0; operation < model.operations; operation++) {
    output.number(load<u32>(model.record(operation), RECORD_SIZE));
  }
  if (!addressesArePages) writeFetches(model, output);
}

function writeFlags(model: Model, output: Output, addressesArePages: bool): void {
  let after: u64 = 0;
  let chain: u32 = 0;
  for (let operation: u32 = 0; operation < model.operations; operation++) {
    let flags = model.kind(operation);
    if (model.chainStart(chain) == operation) {
      flags |= OPERATION_STARTS_CHAIN;
      chain++;
    }
    if (model.kind(operation) == KIND_FETCH && !addressesArePages) {
      const address = load<u64>(model.record(operation), RECORD_ADDRESS);
      if (address == after) flags |= OPERATION_FOLLOWS;
      after = address + load<u32>(model.record(operation), RECORD_SIZE);
    }
    output.byte(flags);
  }
}

function writeFetches(model: Model, output: Output): void {
  let after: u64 = 0;
  for (let operation: u32 = 0; operation < model.operations; operation++) {
    if (model.kind(operation) != KIND_FETCH) continue;
    const address = load<u64>(model.record(operation), RECORD_ADDRESS);
    if (address != after) output.number(Zigzag.fold(<i64>(address - after)));
    after = address + load<u32>(model.record(operation), RECORD_SIZE);
  }
}
