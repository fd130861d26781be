/** Files of each binary format, from the layouts that their authors publish. */
import { binaryOf, type Maker } from "./draw.js";

export const oracleGeneral: Maker = (draw) => {
  const objects = draw.pick([10, 300, 100_000]);
  const count = draw.size(50, 3000);
  const first = draw.pick([0, 1_600_000_000]);
  const isKnown = draw.chance(0.8);
  const ids = Array.from({ length: count }, () => BigInt(draw.int(0, objects)) * 0x9e3779b97f4an);
  const latest = new Map<bigint, number>();
  const nexts = ids.map(() => -2);
  for (let index = count - 1; isKnown && index >= 0; index--) {
    const id = ids[index] as bigint;
    nexts[index] = latest.get(id) ?? -1;
    latest.set(id, index + 1);
  }
  let time = first;
  const fields = ids.flatMap((id, index) => {
    time += draw.int(0, 2);
    return [
      [4, time],
      [8, id],
      [4, draw.int(1, 1 << 20)],
      [8, nexts[index] ?? -2],
    ] as const;
  });
  return { bytes: binaryOf(fields), references: count };
};

export const vscsi: Maker = (draw) => {
  const isSecond = draw.chance(0.5);
  const count = draw.size(5, 1500);
  let time = BigInt(draw.int(0, 1_000_000_000)) * 1000n;
  const fields = Array.from({ length: count }, (_, index) => {
    time += BigInt(draw.int(0, 5000));
    const command = draw.pick([0x28, 0x2a, 0x28, 0x2a, 0x88, 0x8a, 0x35]);
    const length = draw.pick([512, 4096, 65_536]);
    const block = BigInt(draw.int(0, 1 << 30));
    return isSecond
      ? ([
          [2, command],
          [2, 0x0200],
          [4, index],
          [4, length],
          [4, 1],
          [8, block],
          [8, time],
          [8, 100],
        ] as const)
      : ([
          [4, index],
          [4, length],
          [4, 1],
          [2, command],
          [2, 0x0100],
          [8, block],
          [8, time],
        ] as const);
  });
  return { bytes: binaryOf(fields.flat()), references: count };
};

export const champsim: Maker = (draw) => {
  let references = 0;
  const code = draw.pick([0x401000n, 0x7f1200000000n, 0xffffffff81000000n]);
  let pc = code;
  const fields = Array.from({ length: draw.size(50, 1500) }, () => {
    const isBranch = draw.chance(0.15);
    const loads = draw.chance(0.3) ? draw.int(1, 2) : 0;
    const stores = draw.chance(0.15) ? 1 : 0;
    references += 1 + loads + stores;
    const slots = (used: number, all: number) =>
      Array.from({ length: all }, (_, slot) => [8, slot < used ? draw.address() : 0n] as const);
    const registers = Array.from({ length: 6 }, () => [1, draw.chance(0.5) ? draw.int(1, 63) : 0] as const);
    const taken = isBranch && draw.chance(0.6) ? 1 : 0;
    const record = [
      [8, pc],
      [1, isBranch ? 1 : 0],
      [1, taken],
      ...registers,
      ...slots(stores, 2),
      ...slots(loads, 4),
    ] as const;
    pc = taken === 1 ? code + BigInt(draw.int(0, 0x3ffff)) : pc + BigInt(draw.int(2, 8));
    return record;
  });
  return { bytes: binaryOf(fields.flat()), references };
};
