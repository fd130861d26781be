/** Logs of allocators' calls in the forms that their programs write. */
import { type Draw, type Maker, textOf } from "./draw.js";

const block = (draw: Draw, prefix = "0x") =>
  `${prefix}${draw.hex(0x55555555b2a0n + BigInt(draw.int(0, 999)) * 16n)}`;

export const ltrace: Maker = (draw) => {
  const prefix = draw.pick(["", "4711 ", "[pid 4711] ", "10:20:30.123456 ", "prog->"]);
  const lines = draw.items(
    2,
    1500,
    () =>
      `${prefix}${draw.pick([
        `malloc(${draw.int(1, 9999)}) = ${block(draw)}`,
        `free(${block(draw)})                                 = <void>`,
        `calloc(${draw.int(1, 99)}, 8)    = ${block(draw)}`,
        `realloc(${block(draw)}, ${draw.int(1, 9999)}) = ${block(draw)}`,
      ])}`,
  );
  return {
    bytes: textOf(draw, [...lines, `${prefix === "prog->" ? "" : prefix}+++ exited (status 0) +++`], true),
  };
};

export const mtrace: Maker = (draw) => {
  const caller = () =>
    draw.pick([
      "@ ./a.out:[0x1234] ",
      "@ /usr/lib/libc.so.6:(strdup+0x1a)[0x7f12345678aa] ",
      "@ a.out:(main+0x16)[0x401146] ",
    ]);
  const hasCallers = draw.chance(0.9);
  const lines = draw.items(2, 1500, () => {
    const what = draw.pick([`+ ${block(draw)} 0x${draw.hex(BigInt(draw.int(1, 9999)))}`, `- ${block(draw)}`]);
    return `${hasCallers ? caller() : ""}${what}`;
  });
  return { bytes: textOf(draw, ["= Start", ...lines, ...(draw.chance(0.6) ? ["= End"] : [])], true) };
};

export const rep: Maker = (draw) => {
  const head = draw.chance(0.8) ? [20_000, 500, 1000, 1].map(String) : [];
  const lines = draw.items(2, 1500, (index) =>
    draw.pick([
      `a ${index} ${draw.int(1, 9999)}`,
      `f ${draw.int(0, index)}`,
      `r ${draw.int(0, index)} ${draw.int(1, 9999)}`,
    ]),
  );
  return { bytes: textOf(draw, [...head, ...lines], true) };
};

export const heaptrack: Maker = (draw) => {
  const lines = draw.items(2, 1500, () => {
    const at = draw.hex(0x55555555b2a0n + BigInt(draw.int(0, 999)) * 16n);
    return draw.pick([
      `+ ${draw.hex(BigInt(draw.int(1, 9999)))} ${draw.hex(BigInt(draw.int(1, 99)))} ${at}`,
      `- ${at}`,
    ]);
  });
  const head = ["v 10300 3", "x ./a.out", "X ./a.out", "I 1000 fa000", "s 6 a.out", "t 401146 0"];
  return { bytes: textOf(draw, [...head, ...lines, "c 12", "R 1a3"], true) };
};
