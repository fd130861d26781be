/** A last line that the end of a text cuts off: it is left out and told of, if it makes no sense. */
import { describe, expect, test } from "vitest";
import { compare } from "#pagewalk/compare/compare.js";
import { traceInfo } from "#pagewalk/trace/info.js";
import { openTrace } from "#pagewalk/trace/open.js";
import { cutLineWarning, describeTrace } from "#pagewalk/trace/trace.js";
import { bytesOf, readTrace } from "./records.js";

const open = (text: string, format: string) => openTrace(bytesOf(text), { name: "T", format });

describe.each([
  ["lackey", " L 1000,8\n", " S 0403", " S 0403,4"],
  ["address", "l 0x1000 1\n", "s", "s 0x1"],
  ["din", "0 1000\n", "1", "1 f"],
  ["lirs", "17\n", "1x", "1"],
  ["arc", "1 1 0 1\n", "2 1 0", "2 1 0 2"],
  [
    "drmemtrace-text",
    "1 1: 7 read 8 byte(s) @ 0x10 by PC 0x20\n",
    "2 1: 7 wri",
    "2 1: 7 write 8 byte(s) @ 0x18 by PC 0x24",
  ],
  ["csv", "page,size\n17,1\n", "18", "18,2"],
])("%s", (format, head, cut, whole) => {
  test("without an end it is left out, and counted", async () => {
    const trace = await open(head + cut, format);
    expect(await readTrace(trace)).toHaveLength(1);
    expect(describeTrace(trace)).toMatchObject({ format, cutLines: 1 });
    expect(cutLineWarning(trace)).toMatch(/^T:\d: the last line is cut off and left out: /);
  });

  test("with an end, or elsewhere, it is refused", async () => {
    const place = `T:${head.split("\n").length}: `;
    await expect(open(`${head}${cut}\n`, format).then(readTrace)).rejects.toThrow(place);
    await expect(open(`${head}${cut}\n${whole}`, format).then(readTrace)).rejects.toThrow(place);
  });

  test.skipIf(format === "csv")("alone, it is refused", async () => {
    await expect(open(cut, format).then(readTrace)).rejects.toThrow("T:");
  });

  test("is read if it is whole", async () => {
    const trace = await open(head + whole, format);
    expect(await readTrace(trace)).toHaveLength(2);
    expect(describeTrace(trace)).not.toHaveProperty("cutLines");
  });
});

const CUT = " L 1000,8\n S 2000,8\n S 0403";

test("trace info and compare on several threads say so", async () => {
  const trace = await open(CUT, "lackey");
  expect(await traceInfo(trace)).toMatchObject({ references: 2, cutLines: 1 });
  const threaded = await open(CUT, "lackey");
  await compare(threaded, { policies: "lru,fifo", frames: "1,2", jobs: 2 });
  expect(describeTrace(threaded)).toMatchObject({ cutLines: 1 });
});

test("a stream that is stored for several passes says so too", async () => {
  const trace = await openTrace(new Blob([CUT]).stream(), { name: "T" });
  await compare(trace, { policies: "opt", frames: "1", jobs: 1 });
  expect(describeTrace(trace)).toMatchObject({ cutLines: 1 });
});
