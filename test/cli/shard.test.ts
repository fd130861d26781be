/** `compare --shard` and `merge`: the shards of a comparison give what the whole prints. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareUntilStopped } from "#pagewalk/compare/compare.js";
import { parseShard } from "#pagewalk/compare/shard.js";
import { mergeShards } from "#pagewalk/compare/shard-document.js";
import { shardDocument } from "#pagewalk/compare/shard-writer.node.js";
import { convertTrace, generateTrace, InputError, openTrace } from "#pagewalk/index.js";
import { pagewalk } from "./command.js";
import { withoutTimes } from "./times.js";

const SHARDS = 64;

describe("shards", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  const shardFiles = Array.from({ length: SHARDS }, (_, n) => `shard-${n + 1}.json`);
  let command: string[];
  const merge = (paths: readonly string[]) =>
    mergeShards(paths.map((place) => ({ place, text: readFileSync(place, "utf8") })));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
    // One that is cut off, one whose shares of frames coincide, and one of addresses.
    writeFileSync(file("cut.lackey"), "I  00001000,3\n L 00002000,4\n S 00003ffe,8\n L 0000");
    writeFileSync(file("few.lirs"), `${Array.from({ length: 400 }, (_, n) => (n * n) % 37).join("\n")}\n`);
    await convertTrace(
      generateTrace({ pattern: "zipf", references: 20_000, pages: 2000 }),
      file("zipf.pagewalk"),
    );
    const traces = ["cut.lackey", "few.lirs", "zipf.pagewalk"].map(file);
    const policies = "lru,opt,working-set,random:seed=7,./examples/custom-policy/fifo.js";
    command = ["compare", ...traces, "--policies", policies, "--frames", "1%,2%,3,20%"];
    const [first = "", ...others] = shardFiles.map(file);
    const { stdout } = await pagewalk([...command, "--shard", `1/${SHARDS}`]);
    writeFileSync(first, stdout);
    // As the command does it, in this process: 64 commands would take half a minute.
    for (const [n, path] of others.entries()) {
      const shard = `${n + 2}/${SHARDS}`;
      const opened = await Promise.all(traces.map((trace) => openTrace(trace)));
      const options = { policies, frames: "1%,2%,3,20%", shard, timeline: true };
      const comparison = await compareUntilStopped(opened, options);
      writeFileSync(path, JSON.stringify(await shardDocument(shard, opened, comparison)));
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("of 64 machines give the whole: text, JSON, CSV and warnings, but for the times", async () => {
    const merge = ["merge", ...shardFiles.map(file)];
    for (const outputs of [["--json"], ["--csv", "-"], []]) {
      const [whole, merged] = await Promise.all([
        pagewalk([...command, ...outputs]),
        pagewalk([...merge, ...outputs]),
      ]);
      expect(whole.stderr).toMatch(/cut\.lackey:4: the last line is cut off/);
      const plain = ({ stdout, ...rest }: typeof whole) => ({ ...rest, stdout: withoutTimes(stdout) });
      expect(plain(merged)).toEqual(plain(whole));
    }
  });

  test("give the whole's report, with its timelines and the traces", async () => {
    const [whole, merged] = [file("whole.html"), file("merged.html")];
    await pagewalk([...command, "--report", whole]);
    expect(await pagewalk(["merge", ...shardFiles.map(file), "--report", merged, "--quiet"])).toMatchObject({
      status: 0,
      stderr: "",
    });
    const data = (path: string) =>
      /<script[^>]*type="application\/json"[^>]*>(.*?)<\/script>/s.exec(readFileSync(path, "utf8"))?.[1];
    const parsed = (path: string) => ({ ...JSON.parse(data(path) ?? ""), command: "" });
    expect(parsed(merged)).toEqual(parsed(whole));
    expect(parsed(merged).traces[2].timelines.runs).toHaveLength(20);
  });

  test("that are missing are named, with status 2", async () => {
    const some = shardFiles.filter((_, n) => ![2, 6, 7, 63].includes(n)).map(file);
    expect(await pagewalk(["merge", ...some])).toEqual({
      status: 2,
      stdout: "",
      stderr: "pagewalk: merge: shards 3, 7-8, 64 of 64 are missing; run and name them too\n",
    });
  });

  test("that do not belong together are refused, in one line", async () => {
    const first = file("shard-1.json");
    const second =
      shardFiles.map(file).find((path) => path !== first && /"hits"/.test(readFileSync(path, "utf8"))) ?? "";
    const text = readFileSync(second, "utf8");
    const { part } = JSON.parse(text);
    const change = (name: string, from: string | RegExp, to: string) => {
      writeFileSync(file(name), text.replace(from, to));
      expect(readFileSync(file(name), "utf8")).not.toBe(text);
      return file(name);
    };
    copyFileSync(second, file("copy.json"));
    writeFileSync(file("empty.json"), "");
    const cases: [string[], RegExp][] = [
      [
        [first, second, file("copy.json")],
        new RegExp(`copy\\.json: is shard ${part} of 64, as \\S*shard-${part}\\.json is; name one`),
      ],
      [[first, file("empty.json")], /empty\.json: is empty: its shard did not end; /],
      [[first, change("half.json", /.{9}$/s, "")], /half\.json: is no JSON document, or a part of one; /],
      [
        [first, change("other.json", "pagewalk compare", "else")],
        /other\.json: is no result of compare with shard; /,
      ],
      [
        [first, change("parts.json", '"parts":64', '"parts":9')],
        new RegExp(`parts\\.json: is shard ${part} of 9, and \\S+ is one of 64; `),
      ],
      [
        [first, change("count.json", /"(hits|pages)":\d+/, '"$1":-1')],
        /count\.json: is damaged at traces\.0\./,
      ],
      [
        [first, change("plan.json", /"planHash":"[^"]*"(.*)"percent":20/s, '"planHash":"0"$1"percent":21')],
        /plan\.json: is a shard of a comparison with other frames than \S*shard-1\.json; /,
      ],
      [
        [first, change("kernel.json", /"planHash":"[^"]*"(.*)"kernel":"\w/s, '"planHash":"0"$1"kernel":"?')],
        /kernel\.json: is a shard of a comparison of another version of Pagewalk than /,
      ],
    ];
    for (const [files, message] of cases) {
      expect(() => merge(files)).toThrow(new RegExp(`^\\S*${message.source}.*$`));
      expect(() => merge(files)).toThrow(InputError);
    }
  });

  test("of a trace that has changed are refused", async () => {
    const numbers = shardFiles.filter((name) => readFileSync(file(name), "utf8").includes('"content"'));
    const [one = ""] = numbers.slice(-1);
    const text = readFileSync(file(one), "utf8");
    writeFileSync(file("changed.json"), text.replace(/"content":"\w/, '"content":"?'));
    const files = shardFiles.map((name) => file(name === one ? "changed.json" : name));
    expect(() => merge(files)).toThrow(
      /changed\.json: \S*zipf\.pagewalk is another file there than in \S+: its bytes have another hash; run all/,
    );
  });

  test("have numbers from 1, and other outputs than their own are refused", async () => {
    for (const [given, problem] of [
      ["0/4", '"0/4" is no shard'],
      ["5/4", "there is no shard 5 of 4"],
      ["3", '"3" is no shard'],
    ]) {
      expect(() => parseShard(given ?? "")).toThrow(
        `shard: ${problem}; give its number, from 1, and how many there are, such as 3/64`,
      );
    }
    const refused = await pagewalk([...command, "--shard", "1/2", "--csv", "-"]);
    expect(refused.stderr).toBe("pagewalk: compare: --csv has no meaning with --shard; leave it out\n");
  });
});
