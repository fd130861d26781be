/** Files of each text format, in the forms that their programs write. */
import { type Draw, type Maker, textOf } from "./draw.js";

const LACKEY_MESSAGES = [
  "==4711== Lackey, an example Valgrind tool",
  "==4711== Copyright (C) 2002-2017, and GNU GPL'd, by Nicholas Nethercote.",
  "==4711== Command: ls -l",
  "==4711== ",
  "--4711-- Valgrind options:",
  "--4711--    --trace-mem=yes",
];

export const lackey: Maker = (draw) => {
  const digits = draw.pick([8, 10]);
  const hasBlocks = draw.chance(0.3);
  const lines = draw.chance(0.7) ? LACKEY_MESSAGES.slice(0, draw.int(1, 6)) : [];
  const body = draw.items(1, 3000, () => {
    const kind = draw.pick(["I ", "I ", "I ", " L", " S", " M"]);
    return `${kind} ${draw.hex(draw.address(), digits)},${draw.pick([1, 2, 3, 4, 8, 16, 32])}`;
  });
  const blocks = hasBlocks
    ? body.flatMap((line) => (draw.chance(0.1) ? ["SB 0401ab70", line] : [line]))
    : body;
  const end = draw.chance(0.3) ? ["==4711== ", "==4711== Counted 1 call to main()"] : [];
  return { bytes: textOf(draw, [...lines, ...blocks, ...end]), references: body.length };
};

export const address: Maker = (draw) => {
  const isCapital = draw.chance(0.3);
  const prefix = draw.pick(["", "0x"]);
  const digits = draw.pick([1, 8]);
  const number = () => `${prefix}${draw.hex(draw.address() & 0xffffffffn, digits, isCapital)}`;
  const counts = draw.pick([0, 1, 2]);
  const tail = () => Array.from({ length: counts }, () => ` ${draw.int(0, 60)}`).join("");
  const letter = () => draw.pick(isCapital ? ["R", "W"] : ["r", "w"]);
  const form = draw.pick<() => string>([
    () => `${draw.pick(isCapital ? ["L", "S"] : ["l", "s"])} ${number()}${tail()}`,
    () => `${number()} ${letter()}${tail()}`,
    () => `# ${draw.int(0, 1)} ${number()}${tail()}`,
    () => `0x${draw.hex(draw.address())}: ${letter().toUpperCase()} 0x${draw.hex(draw.address())}`,
    () =>
      `0x${draw.hex(draw.address())}: ${letter().toUpperCase()} 0x${draw.hex(draw.address())} 8 0x${draw.hex(draw.bits(32))}`,
  ]);
  const lines = draw.items(1, 3000, form);
  return { bytes: textOf(draw, draw.chance(0.2) ? [...lines, "#eof"] : lines), references: lines.length };
};

export const din: Maker = (draw) => {
  const isExtended = draw.chance(0.4);
  const gap = draw.pick([" ", "  ", "\t"]);
  const isCapital = draw.chance(0.3);
  const number = () => draw.hex(draw.address(), 1, isCapital);
  const lines = draw.items(2, 3000, () => {
    if (!isExtended) return `${draw.int(0, 2)}${gap}${number()}`;
    const label = draw.pick(isCapital ? ["R", "W", "I"] : ["r", "w", "i"]);
    return `${label}${gap}${number()}${gap}${draw.hex(BigInt(draw.pick([1, 2, 4, 8, 16])))}`;
  });
  return { bytes: textOf(draw, lines), references: lines.length };
};

export const lirs: Maker = (draw) => {
  const most = draw.pick([9, 500, 100_000_000]);
  const numbers = draw.items(1, 5000, () => String(draw.int(0, most)));
  const lines = draw.chance(0.3) ? [...numbers, "*"] : numbers;
  return { bytes: textOf(draw, lines), references: numbers.length };
};

export const arc: Maker = (draw) => {
  const most = draw.pick([1, 8, 64]);
  let references = 0;
  const first = draw.int(0, 5_000_000);
  const lines = draw.items(2, 3000, (index) => {
    const blocks = draw.int(1, most);
    references += blocks;
    return `${draw.int(0, 1e8)} ${blocks} 0 ${first + index}`;
  });
  return { bytes: textOf(draw, lines), references };
};

/** Reference strings of textbooks have few pages, which repeat. */
export const references: Maker = (draw) => {
  const pages = draw.int(3, 9);
  const isLetters = draw.chance(0.3);
  const name = (page: number) => (isLetters ? String.fromCharCode(65 + page) : String(page));
  const words = draw.items(20, 2000, () => name(draw.int(0, pages)));
  const between = draw.pick([" ", ", ", ","]);
  const perLine = draw.chance(0.5) ? words.length : draw.int(5, 15);
  const lines: string[] = [];
  for (let at = 0; at < words.length; at += perLine) lines.push(words.slice(at, at + perLine).join(between));
  if (draw.chance(0.2)) lines.unshift("# exercise 9.8");
  return { bytes: textOf(draw, lines), references: words.length };
};

const VIEW_HEADS: readonly string[] = [
  "Output format:",
  "<--record#-> <--instr#->: <---tid---> <record details>",
  "------------------------------------------------------------",
];

export const drmemtrace: Maker = (draw) => {
  const form = draw.int(0, 3);
  const tid = draw.int(1000, 99_999);
  let instruction = 0;
  const lines = draw.items(1, 1500, (index) => {
    const pc = `0x${draw.hex(draw.address(), 16)}`;
    const kind = draw.pick(["ifetch", "read ", "write"]);
    const what = `${kind} ${String(draw.pick([1, 4, 8])).padStart(7)} byte(s) @ 0x${draw.hex(draw.address(), 16)}`;
    if (kind === "ifetch") instruction++;
    const detail = kind === "ifetch" ? " 48 83 ec 08          sub    $0x08, %rsp" : ` by PC ${pc}`;
    if (form === 0)
      return `${String(index + 1).padStart(12)} ${String(instruction).padStart(12)}: ${String(tid).padStart(11)} ${what}${detail}`;
    if (form === 1) return `${String(index + 1).padStart(12)}: T${tid} ${what}${detail}`;
    if (form === 2) return `T${tid} ${what}${detail}`;
    return `T${tid}   ${pc}  48 83 45 f0 01       addq   $0x01, -0x10(%rbp)`;
  });
  return { bytes: textOf(draw, form === 0 ? [...VIEW_HEADS, ...lines] : lines), references: lines.length };
};

const OUTPUT = ["hello", "total 12", "ls: cannot access 'x': No such file or directory"];

/** As strace prints it with its options for processes and times, with the program's output between lines. */
const straceLine = (draw: Draw, prefix: string): string => {
  const at = `0x${draw.hex(0x7f0000000000n + BigInt(draw.int(0, 9999)) * 4096n)}`;
  const call = draw.pick([
    `mmap(NULL, ${draw.int(1, 99) * 4096}, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = ${at}`,
    `munmap(${at}, ${draw.int(1, 99) * 4096})      = 0`,
    `brk(NULL)                               = 0x${draw.hex(0x555555559000n)}`,
    `mprotect(${at}, 16384, PROT_READ) = 0`,
    `openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3`,
    `read(3, "\\177ELF\\2\\1\\1\\3"..., 832) = 832`,
    `access("/etc/ld.so.preload", R_OK)      = -1 ENOENT (No such file or directory)`,
    `close(3)                                = 0`,
  ]);
  return `${prefix}${call}`;
};

const ltraceLine = (draw: Draw, prefix: string): string =>
  `${prefix}${draw.pick([
    `malloc(${draw.int(1, 9999)}) = 0x${draw.hex(0x55555555b2a0n + BigInt(draw.int(0, 9999)) * 16n)}`,
    `free(0x${draw.hex(0x55555555b2a0n)})                              = <void>`,
    `strlen("abc")                                    = 3`,
    `calloc(${draw.int(1, 99)}, 8) = 0x${draw.hex(0x55555555b2a0n)}`,
  ])}`;

const handLine = (draw: Draw): string =>
  draw.pick([
    `p = malloc(${draw.int(1, 9999)})`,
    "store(p + 16, 8)",
    `load(0x${draw.hex(0x7f0000000000n)}, 4) = ok`,
    "mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
    "free(p)",
    "fork()",
  ]);

export const calls: Maker = (draw) => {
  const program = draw.pick(["strace", "strace", "ltrace", "hand"]);
  const prefix = draw.pick(["", "4711  ", "[pid  4711] ", "10:20:30.123456 ", "1700000000.123456 "]);
  const line = { strace: straceLine, ltrace: ltraceLine, hand: handLine }[program] ?? straceLine;
  const lines = draw.items(4, 800, () => line(draw, prefix));
  const noisy = program === "strace" && draw.chance(0.4);
  const all = noisy ? lines.flatMap((one) => (draw.chance(0.2) ? [draw.pick(OUTPUT), one] : [one])) : lines;
  const end = program === "hand" ? [] : ["+++ exited with 0 +++"];
  return { bytes: textOf(draw, [...all, ...end], true) };
};
