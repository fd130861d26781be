/** Text files that are not traces. */
import { type Draw, type Maker, textOf } from "./draw.js";

const file =
  (make: (draw: Draw) => readonly string[]): Maker =>
  (draw) => ({ bytes: textOf(draw, make(draw)) });

const pad = (value: number, width = 2) => String(value).padStart(width, "0");
const clock = (index: number) =>
  `${pad(Math.floor(index / 3600) % 24)}:${pad(Math.floor(index / 60) % 60)}:${pad(index % 60)}`;

type Column = (index: number) => string;

/** A column of measurements, counters, codes or dates. */
function column(draw: Draw): Column {
  const [least, most] = [draw.int(0, 50), draw.pick([1, 4, 9, 300, 1e6, 1e12])];
  return draw.pick<Column>([
    (index) => String(index + least),
    () => String(least + draw.int(0, most)),
    () => String(draw.int(0, most)),
    () => String(draw.int(0, 1)),
    () => String(least),
    () => draw.decimal(most, 3),
    () => String(draw.int(-most, most)),
    (index) => String(1_700_000_000 + index * 60),
    () => pad(draw.int(0, 99_999), 5),
    () => `${draw.decimal(9, 2)}e${draw.pick(["+", "-"])}0${draw.int(0, 9)}`,
  ]);
}

/** One column of measurements. One column of whole numbers would be a list of blocks. */
const measurements = file((draw) => draw.items(2, 2000, () => draw.decimal(draw.pick([1, 100, 1e6]), 4)));

/** Tables of numbers with two to eight columns, some aligned, some cut off at any byte. */
const numbers: Maker = (draw) => {
  const columns = Array.from({ length: draw.int(2, 8) }, () => column(draw));
  const delimiter = draw.pick([" ", " ", "  ", "\t", ",", ", ", ";", "|"]);
  const width = draw.chance(0.25) ? draw.int(8, 12) : 0;
  const rows = draw.items(2, 3000, (index) =>
    columns.map((one) => one(index).padStart(width)).join(delimiter),
  );
  const bytes = textOf(draw, rows);
  return { bytes: draw.chance(0.25) ? bytes.subarray(0, draw.int(bytes.length >> 1, bytes.length)) : bytes };
};

/** The same with a header of arbitrary names. */
const headed = file((draw) => {
  const names =
    "id,name,value,count,total,x,y,z,year,month,temperature,score,weight,time,date,type,key,size,block,address,price,rank,lat,lon".split(
      ",",
    );
  const chosen = [
    draw.pick(["id", "year", "x", "time", "key", "block"]),
    ...Array.from({ length: draw.int(1, 6) }, () => draw.pick(names)),
    draw.pick(["price", "score", "temperature", "rank"]),
  ];
  const columns = chosen.map(() => column(draw));
  const delimiter = draw.pick([",", ",", ";", "\t"]);
  return [
    chosen.join(delimiter),
    ...draw.items(2, 1000, (index) => columns.map((one) => one(index)).join(delimiter)),
  ];
});

const prices = file((draw) => {
  const head = draw.pick([
    "Date,Open,High,Low,Close,Volume",
    "symbol,date,open,high,low,close",
    "id,product,price,quantity",
    "time,symbol,price,size,side",
  ]);
  const isDaily = head.startsWith("Date");
  return [
    head,
    ...draw.items(2, 1000, (index) => {
      const [date, price] = [
        `2024-${pad(1 + (index % 12))}-${pad(1 + (index % 28))}`,
        () => draw.decimal(500, 2),
      ];
      if (isDaily) return `${date},${price()},${price()},${price()},${price()},${draw.int(1000, 1e7)}`;
      if (head.startsWith("symbol"))
        return `${draw.word().toUpperCase()},${date},${price()},${price()},${price()},${price()}`;
      if (head.startsWith("id")) return `${index},${draw.word()},${price()},${draw.int(1, 20)}`;
      return `${clock(index)},${draw.word().toUpperCase()},${price()},${draw.int(1, 500)},${draw.pick(["buy", "sell"])}`;
    }),
  ];
});

const syslog = file((draw) =>
  draw.items(2, 1000, (index) => {
    const what = draw.pick([
      `sshd[${draw.int(100, 9999)}]: Accepted publickey for root from 10.0.0.${draw.int(1, 254)} port ${draw.int(1024, 65_535)} ssh2`,
      `kernel: [${draw.decimal(9999, 6)}] usb 1-1: new high-speed USB device number ${draw.int(1, 9)} using xhci_hcd`,
      `CRON[${draw.int(100, 9999)}]: (root) CMD (run-parts /etc/cron.hourly)`,
      "systemd[1]: Started Session 12 of user root.",
    ]);
    return `Jan ${draw.int(1, 28)} ${clock(index)} host ${what}`;
  }),
);

const nginx = file((draw) =>
  draw.items(
    2,
    1000,
    (index) =>
      `10.0.${draw.int(0, 9)}.${draw.int(1, 254)} - - [10/Oct/2024:${clock(index)} +0000] "GET /${draw.word()}?id=${draw.int(1, 99)} HTTP/1.1" ${draw.pick([200, 304, 404])} ${draw.int(0, 99_999)} "-" "curl/8.0"`,
  ),
);

const STATEMENTS: Readonly<Record<string, (draw: Draw) => string>> = {
  c: (draw) =>
    draw.pick([
      `  int ${draw.word()} = ${draw.int(0, 99)};`,
      `  free(${draw.word()});`,
      `  char *${draw.word()} = malloc(${draw.int(1, 99)});`,
      `  ${draw.word()}(${draw.word()}, ${draw.int(0, 9)});`,
      `  for (int i = 0; i < ${draw.int(1, 99)}; i++) {`,
      "  }",
      "  return 0;",
      `#include <${draw.word()}.h>`,
      `/* ${draw.word()} ${draw.word()} */`,
    ]),
  javascript: (draw) =>
    draw.pick([
      `const ${draw.word()} = await ${draw.word()}(${draw.int(0, 99)});`,
      `load(${draw.word()})`,
      `store(${draw.word()}, ${draw.int(0, 9)})`,
      `${draw.word()}.${draw.word()}(${draw.word()})`,
      `export function ${draw.word()}() {`,
      "}",
    ]),
  python: (draw) =>
    draw.pick([
      `def ${draw.word()}(${draw.word()}):`,
      `    return ${draw.word()}(${draw.int(0, 9)})`,
      `import ${draw.word()}`,
      `print(${draw.word()})`,
      `# ${draw.word()}`,
      "",
    ]),
  assembly: (draw) =>
    draw.pick([
      `  movq %rax, ${draw.int(0, 99)}(%rsp)`,
      `  addl $${draw.int(0, 99)}, %eax`,
      "  ret",
      `${draw.word()}:`,
      `  .globl ${draw.word()}`,
      `  .quad 0x${draw.hex(draw.address())}`,
    ]),
};

const source = file((draw) => {
  const statement = STATEMENTS[draw.pick(Object.keys(STATEMENTS))] ?? (() => "");
  return draw.items(2, 400, () => statement(draw));
});

const session = file((draw) =>
  draw.items(2, 200, (index) =>
    draw.pick([
      `fib(${index}) = ${draw.int(0, 9999)}`,
      `f(${index}) = ${draw.int(-99, 99)}`,
      `sin(${draw.decimal(3, 2)}) = ${draw.decimal(1, 4)}`,
    ]),
  ),
);

const json = file((draw) => {
  const row = (index: number) => ({
    id: index,
    page: draw.int(0, 99),
    name: draw.word(),
    size: draw.int(0, 4096),
    at: [draw.int(0, 9), draw.int(0, 9)],
  });
  const rows = draw.items(1, 300, row);
  const numbersOnly = rows.map(({ page }) => page);
  return draw.pick([
    [JSON.stringify(rows)],
    JSON.stringify(rows, null, 2).split("\n"),
    rows.map((one) => JSON.stringify(one)),
    [JSON.stringify(numbersOnly)],
    JSON.stringify(numbersOnly, null, 2).split("\n"),
  ]);
});

const markdown = file((draw) => [
  `# ${draw.word()}`,
  "",
  ...draw.items(2, 200, () =>
    draw.pick([
      `- ${draw.word()} ${draw.word()}`,
      `- ${draw.int(0, 9)}`,
      `+ ${draw.int(0, 9)}`,
      `${draw.int(1, 9)}. ${draw.word()}`,
      `Use \`malloc(${draw.int(1, 99)})\` and then free(p)`,
      "malloc(40) = 0x55555555b2a0",
      `| ${draw.word()} | ${draw.int(0, 9)} |`,
      "",
      `${draw.word()} ${draw.word()} ${draw.word()}.`,
    ]),
  ),
]);

const diff = file((draw) => [
  "--- a/numbers.txt",
  "+++ b/numbers.txt",
  "@@ -1,9 +1,9 @@",
  ...draw.items(
    2,
    100,
    () =>
      `${draw.pick(["+ ", "- ", "  "])}${draw.int(0, 99)}${draw.chance(0.5) ? ` ${draw.int(0, 99)}` : ""}`,
  ),
]);

const base64 = file((draw) => {
  const bytes = Buffer.from(draw.items(10, 3000, () => draw.int(0, 255)));
  return bytes.toString("base64").match(/.{1,76}/g) ?? [];
});

/** hexdump, hexdump -C, xxd, od, od -An -tu1, od -x. */
const hexdump = file((draw) => {
  const isSmall = draw.chance(0.5);
  const bytes = draw.items(8, 3000, () => draw.int(0, isSmall ? 9 : 255));
  const form = draw.int(0, 5);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.slice(at, at + 16);
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0"));
    const pairs = Array.from(
      { length: Math.ceil(hex.length / 2) },
      (_, n) => `${hex[2 * n + 1] ?? "00"}${hex[2 * n]}`,
    );
    const ascii = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    if (form === 0) lines.push(`${at.toString(16).padStart(7, "0")} ${pairs.join(" ")}`);
    if (form === 1) lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.join(" ")}  |${ascii}|`);
    if (form === 2)
      lines.push(
        `${at.toString(16).padStart(8, "0")}: ${hex
          .join("")
          .match(/.{1,4}/g)
          ?.join(" ")}  ${ascii}`,
      );
    if (form === 3)
      lines.push(
        `${at.toString(8).padStart(7, "0")} ${pairs.map((two) => Number.parseInt(two, 16).toString(8).padStart(6, "0")).join(" ")}`,
      );
    if (form === 4) lines.push(row.map((byte) => String(byte).padStart(4)).join(""));
    if (form === 5) lines.push(hex.join(" "));
  }
  if (form === 3) lines.push(bytes.length.toString(8).padStart(7, "0"));
  if (form === 0) lines.push(bytes.length.toString(16).padStart(7, "0"));
  return lines;
});

/** Views of a Linux system. */
const proc = file((draw) =>
  draw.pick<() => string[]>([
    () => [
      `${draw.int(1000, 9999)} ${draw.int(100, 999)} ${draw.int(100, 999)} ${draw.int(1, 99)} 0 ${draw.int(100, 999)} 0`,
    ],
    () => [
      `${draw.decimal(3, 2)} ${draw.decimal(3, 2)} ${draw.decimal(3, 2)} 1/${draw.int(100, 999)} ${draw.int(1000, 9999)}`,
    ],
    () => [`${draw.decimal(1e6, 2)} ${draw.decimal(1e6, 2)}`],
    () => ["4096\t131072\t6291456"],
    () => [`${draw.int(1e4, 1e6)}\t${draw.int(1e3, 1e5)}\t45\t0\t${draw.int(100, 9999)}\t0`],
    () =>
      ["MemTotal", "MemFree", "Buffers", "Cached"].map(
        (name) => `${`${name}:`.padEnd(16)}${String(draw.int(0, 1e8)).padStart(8)} kB`,
      ),
    () => ["nr_free_pages", "nr_zone_inactive_anon", "pgfault"].map((name) => `${name} ${draw.int(0, 1e8)}`),
    () =>
      draw.items(
        1,
        60,
        (index) =>
          `${draw.hex(0x400000n + BigInt(index) * 4096n)}-${draw.hex(0x401000n + BigInt(index) * 4096n)} r-xp 00000000 fe:00 ${draw.int(1, 999)} /bin/x`,
      ),
    () => [`${draw.int(1, 9999)} (bash) S 1 ${Array.from({ length: 40 }, () => draw.int(0, 99)).join(" ")}`],
    () => [
      `cpu  ${Array.from({ length: 10 }, () => draw.int(0, 1e6)).join(" ")}`,
      `ctxt ${draw.int(0, 1e9)}`,
      `btime ${draw.int(1e9, 2e9)}`,
    ],
    () =>
      draw.items(
        1,
        20,
        (index) =>
          `   8       ${index} sda${index} ${Array.from({ length: 17 }, () => draw.int(0, 1e6)).join(" ")}`,
      ),
    () => [
      "major minor  #blocks  name",
      "",
      ...draw.items(
        1,
        20,
        (index) => `   8        ${index} ${String(draw.int(0, 1e8)).padStart(10)} sda${index}`,
      ),
    ],
    () =>
      draw.items(
        1,
        300,
        () =>
          `${draw.hex(0xffffffff81000000n + BigInt(draw.int(0, 1 << 24)), 16)} ${draw.pick(["T", "t", "R", "r", "W", "D"])} ${draw.word()}`,
      ),
    () => [
      "           CPU0       CPU1",
      ...draw.items(
        1,
        30,
        (index) =>
          `${String(index).padStart(3)}: ${String(draw.int(0, 1e6)).padStart(10)} ${String(draw.int(0, 1e6)).padStart(10)}  IO-APIC  ${index}-edge  timer`,
      ),
    ],
  ])(),
);

const prose = file((draw) =>
  draw.items(2, 200, () =>
    Array.from({ length: draw.int(1, 14) }, () =>
      draw.pick(["the", "page", "of", "a", "I", "trace", draw.word(), "12", "3"]),
    ).join(" "),
  ),
);

const words = file((draw) => draw.items(2, 500, () => draw.word()));

/** Boards, sequences and other rows of single letters. */
const letters = file((draw) => {
  const from = draw.pick(["ACGT", "XO.", "rnbqkbnrp", "01"]);
  const width = draw.int(3, 12);
  const between = draw.pick([" ", ""]);
  return draw.items(2, 20, () => Array.from({ length: width }, () => draw.pick([...from])).join(between));
});

export const otherTexts: Readonly<Record<string, Maker>> = {
  measurements,
  "tables of numbers": numbers,
  "tables with a header": headed,
  prices,
  syslog,
  nginx,
  source,
  "a session with functions": session,
  json,
  markdown,
  diff,
  base64,
  "a hexdump": hexdump,
  "files of /proc": proc,
  prose,
  words,
  letters,
};
