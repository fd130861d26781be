/** `compare --trace-steps` as a command. */
import { describe, expect, test } from "vitest";
import { pagewalk, RECORDING } from "./command.js";

const BELADY = "1 2 3 4 1 2 5 1 2 3 4 5";
const asked = ["compare", "--requests", BELADY, "--frames", "3", "--trace-steps"];

describe("compare --trace-steps", () => {
  test("draws requests as columns and frames as rows", async () => {
    const { stdout, stderr, status } = await pagewalk([...asked, "--policies", "fifo"]);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(stdout).toBe(
      [
        "fifo with 3 frames  9 misses and 3 hits in 12 requests, 75.00 % missed",
        "page      1  2  3  4  1  2  5  1  2  3  4  5",
        "frame 0   1  1  1  4  4  4  5  5  5  5  5  5",
        "frame 1      2  2  2  1  1  1  1  1  3  3  3",
        "frame 2         3  3  3  2  2  2  2  2  4  4",
        "hit/miss  M  M  M  M  M  M  M  H  H  M  M  H",
        "victim             1  2  3  4        1  2",
        "",
      ].join("\n"),
    );
  });

  test("draws requests as rows if they do not fit side by side", async () => {
    const many = Array.from({ length: 60 }, (_, n) => n).join(" ");
    const { stdout } = await pagewalk([
      ...["compare", "--requests", many, "--frames", "2"],
      ...["--policies", "lru", "--trace-steps"],
    ]);
    const lines = stdout.split("\n").map((line) => line.trim().split(/ {2,}/).join("|"));
    expect(lines.slice(1, 5)).toEqual([
      "request|page|hit/miss|victim|frames",
      "0|0|M|0|–",
      "1|1|M|0|1",
      "2|2|M|0|2|1",
    ]);
    expect(Math.max(...stdout.split("\n").map(({ length }) => length))).toBeLessThan(80);
  });

  test("prints JSON, policy by policy", async () => {
    const { stdout } = await pagewalk([...asked, "--policies", "fifo,lru", "--json"]);
    const { trace, results } = JSON.parse(stdout);
    expect(trace).toMatchObject({ format: "references" });
    expect(results.map(({ policy, misses }: { policy: string; misses: number }) => [policy, misses])).toEqual(
      [
        ["fifo", 9],
        ["lru", 10],
      ],
    );
    expect(results[0].steps[3]).toEqual({
      request: 3,
      page: "4",
      hit: false,
      victim: "1",
      frames: ["4", "2", "3"],
    });
  });

  test.each([
    [["--csv", "x"], "--csv has no meaning with --trace-steps"],
    [["--diverge", "lru,fifo"], "--diverge has no meaning with --trace-steps"],
    [["--policies", "lrru"], "did you mean lru?"],
    [["--frames", "101"], "--frames: 101 frames are too many to show each; give at most 100"],
  ])("%j is one line and exit status 2", async (words, says) => {
    const { status, stdout, stderr } = await pagewalk([...asked, ...words]);
    expect(stderr).toMatch(/^pagewalk: [^\n]+; [^\n]+\n$/);
    expect(stderr).toContain(says);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  test("refuses a long trace", async () => {
    const { status, stderr } = await pagewalk(["compare", RECORDING, "--trace-steps"]);
    expect(stderr).toBe(
      `pagewalk: ${RECORDING}: has more than 1000 requests, too many to show each; give a shorter one, or compare it without its steps\n`,
    );
    expect(status).toBe(2);
  });
});
