/** References as tests write them, and their way into kernel memory. */
import fc from "fast-check";
import type { Kernel } from "#pagewalk/wasm/kernel.js";
import {
  KIND_FETCH,
  KIND_STORE,
  RECORD_ADDRESS,
  RECORD_BYTES,
  RECORD_KIND,
  RECORD_SIZE,
} from "../../assembly/abi/core.js";
import {
  PAGE_BLOCK_BYTES,
  PAGE_BLOCK_COUNT,
  PAGE_BLOCK_DICTIONARY,
  PAGE_BLOCK_ENTRIES,
  PAGE_BLOCK_SYMBOL_BYTES,
  PAGE_BLOCK_SYMBOLS,
  PAGE_ENTRY_BYTES,
  PAGE_ENTRY_PAGES,
  PAGE_ENTRY_SIDE,
  PAGE_ENTRY_VPN,
  PAGE_ENTRY_WRITE,
} from "../../assembly/abi/page-block.js";

export interface Reference {
  address: number;
  size: number;
  kind: number;
}

export function putRecords(kernel: Kernel, references: readonly Reference[]): number {
  const records = kernel.allocate(Math.max(references.length, 1) * RECORD_BYTES);
  const view = kernel.view();
  references.forEach(({ address, size, kind }, n) => {
    const at = records + n * RECORD_BYTES;
    view.setBigUint64(at + RECORD_ADDRESS, BigInt(address), true);
    view.setUint32(at + RECORD_SIZE, size, true);
    view.setUint8(at + RECORD_KIND, kind);
  });
  return records;
}

interface Touch {
  vpn: number;
  pages: number;
  side: number;
  write: boolean;
}

/**
 * A page block of the references, in the layout of abi/page-block.ts; a store after a crossing load is a touch of its
 * own.
 */
export function putPageBlock(kernel: Kernel, references: readonly Reference[], symbolBytes: number): number {
  const touches: Touch[] = [];
  const current: (Touch | undefined)[] = [undefined, undefined];
  for (const { address, size, kind } of references) {
    const side = kind === KIND_FETCH ? 0 : 1;
    const write = kind >= KIND_STORE;
    const vpn = Math.floor(address / 4096);
    const pages = Math.floor((address + Math.max(size, 1) - 1) / 4096) - vpn + 1;
    const last = current[side];
    const same = pages === 1 && last !== undefined && last.vpn + last.pages - 1 === vpn;
    if (same && (last.write || !write)) continue;
    if (same && last.pages === 1) {
      last.write = true;
      continue;
    }
    const touch = { vpn, pages, side, write };
    current[side] = touch;
    touches.push(touch);
  }
  const names = touches.map((touch) => JSON.stringify(touch));
  const entries = [...new Set(names)];
  const header = kernel.allocate(PAGE_BLOCK_BYTES);
  const dictionary = kernel.allocate(Math.max(entries.length, 1) * PAGE_ENTRY_BYTES);
  const symbols = kernel.allocate(Math.max(touches.length, 1) * symbolBytes);
  const view = kernel.view();
  entries.forEach((name, n) => {
    const { vpn, pages, side, write } = JSON.parse(name) as Touch;
    const at = dictionary + n * PAGE_ENTRY_BYTES;
    view.setBigUint64(at + PAGE_ENTRY_VPN, BigInt(vpn), true);
    view.setUint32(at + PAGE_ENTRY_PAGES, pages, true);
    view.setUint8(at + PAGE_ENTRY_SIDE, side);
    view.setUint8(at + PAGE_ENTRY_WRITE, write ? 1 : 0);
  });
  names.forEach((name, n) => {
    const at = symbols + n * symbolBytes;
    const symbol = entries.indexOf(name);
    if (symbolBytes === 1) view.setUint8(at, symbol);
    else if (symbolBytes === 2) view.setUint16(at, symbol, true);
    else view.setUint32(at, symbol, true);
  });
  view.setUint32(header + PAGE_BLOCK_SYMBOLS, symbols, true);
  view.setUint32(header + PAGE_BLOCK_COUNT, touches.length, true);
  view.setUint32(header + PAGE_BLOCK_SYMBOL_BYTES, symbolBytes, true);
  view.setUint32(header + PAGE_BLOCK_DICTIONARY, dictionary, true);
  view.setUint32(header + PAGE_BLOCK_ENTRIES, entries.length, true);
  return header;
}

/** Random programs: runs of references to a few pages, some far apart, of either side. */
export function programs(options: {
  pages: number;
  crossing: boolean;
  most?: number;
}): fc.Arbitrary<Reference[]> {
  const { pages, crossing, most = 600 } = options;
  const page = fc.oneof(
    { weight: 4, arbitrary: fc.nat(Math.min(pages, 12) - 1) },
    { weight: 1, arbitrary: fc.nat(pages - 1) },
  );
  const reference = fc
    .record({ page, offset: fc.nat(4095), size: fc.integer({ min: 1, max: 9000 }), kind: fc.nat(3) })
    .map(({ page, offset, size, kind }) => {
      const address = 0x10000000 + page * 4096 + offset;
      const short = Math.min(size, 8);
      if (!crossing) return { address: address - (address % 8), size: short, kind };
      return { address, size: size > 8990 ? size : short, kind };
    });
  return fc.array(reference, { minLength: 1, maxLength: most, size: "max" });
}
