import { describe, expect, test } from "vitest";
import { bytesOf, FETCH, LOAD, readAll, STORE } from "./records.js";

describe("drmemtrace-text", () => {
  test("a fetch of the 2021 layout has as many bytes as are printed, also on two lines", async () => {
    const text = [
      "T7 <marker: version 3>",
      "T7   0x00007f3e83b0b7f2  48 83 45 f0 01       addq   $0x01, -0x10(%rbp)",
      "T7     read  8 byte(s) @ 0x7ffc4c720190",
      "T7   0x00007f3e83b0b7f7  48 b8 88 77 66 55 44 mov    $0x1122334455667788, %rax",
      "                         33 22 11",
      "T7   0x000000000042e26c  d4000001   svc    $0x0000",
      "",
    ].join("\n");
    expect(await readAll(bytesOf(text))).toEqual([
      { kind: FETCH, address: 0x7f3e83b0b7f2n, size: 5 },
      { kind: LOAD, address: 0x7ffc4c720190n, size: 8 },
      { kind: FETCH, address: 0x7f3e83b0b7f7n, size: 10 },
      { kind: FETCH, address: 0x42e26cn, size: 4 },
    ]);
  });

  test("the output of other tools after a line of = is skipped, and records there are read", async () => {
    const record = (n: number) =>
      `        ${n}: T7 ifetch       3 byte(s) @ 0x0000000000402680 f3 48 a5  rep movsq`;
    const rule = "=".repeat(75);
    const text = [record(1), rule, "Trace invariant checks passed", "LRU hits: 12", rule, record(2), ""].join(
      "\n",
    );
    expect(await readAll(bytesOf(text))).toHaveLength(2);
    await expect(
      readAll(bytesOf(`${record(1)}\nTrace invariant checks passed\n`), { name: "T" }),
    ).rejects.toThrow("T:2: not a drmemtrace-text line");
  });

  test("the output of view is read, and markers and continued bytes are skipped", async () => {
    const text = [
      "Output format:",
      "<--record#-> <--instr#->: <---tid---> <record details>",
      "------------------------------------------------------------",
      "           1           0:     2765542 <marker: version 5>",
      "       47445       37770:     2765543 ifetch       9 byte(s) @ 0x0000000000404a7e 48 8b 5c 24 08 00 00 mov",
      "       47445       37770:     2765543                                            00 f8",
      "00 f8",
      "       47446       37770:     2765543 read         8 byte(s) @ 0x00007fdf64e2adc8 by PC 0x0000000000404a7e",
      "------------------------------------------------------------",
      "       47458       37777:     2765542 write       16 byte(s) @ 0x00007ffd90c1394c by PC 0x0000000000402581",
      "View tool results:",
      "              1 : total instructions",
      "",
    ].join("\n");
    expect(await readAll(bytesOf(text))).toEqual([
      { kind: FETCH, address: 0x404a7en, size: 9 },
      { kind: LOAD, address: 0x7fdf64e2adc8n, size: 8 },
      { kind: STORE, address: 0x7ffd90c1394cn, size: 16 },
    ]);
  });
});
