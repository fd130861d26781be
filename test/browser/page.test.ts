/** The package in a browser tab gives what it gives in Node. Needs Debian's chromium; see `.ci/run`. */
import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  BytesSink,
  compare,
  convertTrace,
  Machine,
  openTrace,
  replay,
  reportHtml,
  reportPlots,
  runLog,
} from "pagewalk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { zstdStored } from "../trace/compressed.js";
import { type BrowserPage, describeInBrowser, openPage } from "./harness.js";

const recording = new URL("../../examples/wordcount/wordcount.pagewalk", import.meta.url);
const lru = new URL("../../examples/custom-policy/lru.js", import.meta.url);
const options = { memory: "256KiB", policy: "lru" } as const;
const grid = { policies: ["lru", "arc", "opt"], frames: ["5%", "10%", "20%", "40%"], jobs: 2 };

describeInBrowser("in a browser", () => {
  let folder: string;
  let tab: BrowserPage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pagewalk-files-"));
    await cp(recording, join(folder, "trace.pagewalk"));
    await cp(lru, join(folder, "lru.js"));
    await writeFile(join(folder, "gzip.bin"), gzipSync(await readFile(recording)));
    await writeFile(join(folder, "zstd.bin"), zstdStored(await readFile(recording)));
    tab = await openPage(folder);
  });

  afterAll(async () => {
    await tab?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("replay of a fetched stream equals replay in Node, with unlimited and with little memory", async () => {
    for (const settings of [{}, options]) {
      const here = await replay(await openTrace(recording), settings);
      const there = await tab.page.evaluate(async (given) => {
        const { openTrace, replay } = window.pagewalk;
        const { body } = await fetch("trace.pagewalk");
        if (body === null) throw new Error("no body");
        return replay(await openTrace(body), given);
      }, settings);
      expect(timeless(there)).toEqual(timeless(here));
    }
  });

  test("a file of gzip or zstd from a file picker replays as the plain one", async () => {
    // A server would send a file named *.gz decompressed.
    const [plain, ...packed] = await tab.page.evaluate(async () => {
      const { openTrace, replay } = window.pagewalk;
      const results = [];
      for (const name of ["trace.pagewalk", "gzip.bin", "zstd.bin"]) {
        const blob = await (await fetch(name)).blob();
        results.push(await replay(await openTrace(new File([blob], name)), {}));
      }
      return results;
    });
    expect(packed.map(({ trace }) => trace.compression)).toEqual(["gzip", "zstd"]);
    for (const result of packed) {
      const { compression, ...trace } = result.trace;
      expect(timeless({ ...result, trace })).toEqual(timeless(plain));
    }
  });

  test("a process under memory pressure, forked and stepped back, equals one in Node", async () => {
    const live = async ({ spawn }: typeof import("pagewalk")) => {
      const process = await spawn({ memory: "256KiB", swap: "2MiB", policy: "arc", history: 4 });
      const { value } = process.mmap(0, 1 << 19, "PROT_READ|PROT_WRITE", "MAP_PRIVATE|MAP_ANONYMOUS");
      process.store(value, 1 << 19);
      process.fork();
      process.store(value, 1 << 18);
      process.system.stepBack();
      process.load(value, 1 << 19);
      const { counters, frames } = process.system;
      const regions = process
        .regions()
        .map(({ start, rssBytes, cycles }) => `${start} ${rssBytes} ${cycles}`);
      return { counters, frames, regions, faults: process.faults };
    };
    const here = await live(await import("pagewalk"));
    const there = await tab.page.evaluate(`(${live})(window.pagewalk)`);
    expect(there).toEqual(here);
    expect(here.faults.major).toBeGreaterThan(0);
  });

  test("a log of calls, given as text, runs as in Node", async () => {
    const log = [
      "a = mmap(NULL, 65536, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
      "store(a + 4096, 8) = ok",
      "munmap(a + 8192, 4096) = 0",
      "load(a + 8192, 1) = SIGSEGV SEGV_MAPERR",
    ].join("\n");
    const sums = ({ calls, matched, process }: Awaited<ReturnType<typeof runLog>>) => ({
      calls,
      matched,
      faults: process.faults,
    });
    const here = await runLog(new TextEncoder().encode(log), { verify: true });
    const there = await tab.page.evaluate(async (text) => {
      const { calls, matched, process } = await window.pagewalk.runLog(new TextEncoder().encode(text), {
        verify: true,
      });
      return { calls, matched, faults: process.faults };
    }, log);
    expect(there).toEqual(sums(here));
    expect(here.matched).toBe(3);
  });

  test("compare over workers equals compare in Node", async () => {
    let workers = 0;
    tab.page.on("worker", () => workers++);
    const here = await compare([await openTrace(recording)], grid);
    const there = await tab.page.evaluate(async (given) => {
      const { compare, openTrace } = window.pagewalk;
      const blob = await (await fetch("trace.pagewalk")).blob();
      return compare([await openTrace(blob)], given);
    }, grid);
    const counts = (report: typeof here) =>
      report.results.map(({ policy, frames, requests, hits, misses }) => [
        policy,
        frames,
        requests,
        hits,
        misses,
      ]);
    expect(counts(there)).toEqual(counts(here));
    expect(workers).toBe(2);
  });

  test.each([
    [
      "compare",
      async ({ compare, openTrace }: typeof import("pagewalk")) => {
        const pages = new Blob(["1\n2\n3\n1\n4\n1\n"]).stream();
        const trace = await openTrace(pages, { format: "lirs", name: "t" });
        const { results } = await compare(trace, { policies: "lru,arc", frames: [2, 3], jobs: 1 });
        return results.map(({ policy, frames, misses }) => [policy, frames, misses]);
      },
    ],
    [
      "mrc",
      async ({ mrc, openTrace }: typeof import("pagewalk")) => {
        const pages = new Blob(["1\n2\n3\n1\n4\n1\n"]).stream();
        const trace = await openTrace(pages, { format: "lirs", name: "t" });
        const { curves } = await mrc(trace, { policy: "fifo", points: 3 });
        return curves.map(({ points }) => points);
      },
    ],
    [
      "heap",
      async ({ heap }: typeof import("pagewalk")) => {
        const log = new TextEncoder().encode("malloc(40) = 0x4010\nfree(0x4010)\n");
        const { results } = await heap(log, { allocators: "buddy", jobs: 1 });
        return results.map(({ allocator, peakHeapBytes }) => [allocator, peakHeapBytes]);
      },
    ],
  ])("%s simulates in workers, however little it is, and gives what Node gives", async (_, work) => {
    let workers = 0;
    const count = () => workers++;
    tab.page.on("worker", count);
    const there = await tab.page.evaluate(`(${work})(window.pagewalk)`);
    tab.page.off("worker", count);
    expect(there).toEqual(await work(await import("pagewalk")));
    expect(workers).toBeGreaterThan(0);
  });

  test.each([
    ["is not there", () => window.pagewalk.configure({ worker: "nothing.js" })],
    [
      "the page's policy forbids",
      () => {
        const policy = document.createElement("meta");
        policy.httpEquiv = "Content-Security-Policy";
        policy.content = "worker-src 'none'";
        document.head.append(policy);
      },
    ],
  ])("a worker that %s is one error", async (_, prevent) => {
    await tab.page.evaluate(prevent);
    const message = await tab.page.evaluate(async () => {
      const { compare, openTrace, UsageError } = window.pagewalk;
      const trace = await openTrace(new TextEncoder().encode("1\n2\n"), { format: "lirs", name: "t" });
      try {
        return (await compare(trace, { policies: "lru", frames: [1] })).results.length;
      } catch (error) {
        return error instanceof UsageError ? error.message : `not a UsageError: ${error}`;
      }
    });
    expect(message).toMatch(/^no worker can be started from .*\.js: .*; serve worker\.js /);
    await tab.reload();
  });

  test("custom policies, given as objects and fetched by path, have the misses of the kernel's", async () => {
    const [kernels, own, faults] = await tab.page.evaluate(async () => {
      const { checkPolicy, compare, definePolicy, openTrace } = window.pagewalk;
      const here = definePolicy({
        name: "here",
        create({ list }) {
          const queue = list();
          return { insert: (page) => queue.pushBack(page), evict: () => queue.popFront() };
        },
      });
      const blob = await (await fetch("trace.pagewalk")).blob();
      const frames = ["5%", "20%"];
      const policies = ["fifo", "lru", here, "./lru.js"];
      const { results } = await compare(await openTrace(blob), { policies, frames, jobs: 1 });
      const misses = (name: string) =>
        results.filter(({ policy }) => policy === name).map((row) => row.misses);
      return [
        [misses("fifo"), misses("lru")],
        [misses("here"), misses("my-lru")],
        [await checkPolicy(here), await checkPolicy("./lru.js")].flat(),
      ] as const;
    });
    expect(own).toEqual(kernels);
    expect(kernels[0]).toHaveLength(2);
    expect(faults).toEqual([]);
  });

  test("reports and plots made in the page equal those made in Node", async () => {
    const trace = await openTrace(new TextEncoder().encode("1\n2\n3\n1\n2\n3\n"), {
      format: "lirs",
      name: "t",
    });
    const result = await compare(trace, { policies: "lru,opt", frames: [1, 2], timeline: true });
    const there = await tab.page.evaluate(async (given) => {
      const { reportHtml, reportPlots } = window.pagewalk;
      return { html: await reportHtml(given), plots: await reportPlots(given) };
    }, result);
    expect(there.html).toBe(await reportHtml(result));
    expect(there.plots.map(({ name }) => name)).toEqual((await reportPlots(result)).map(({ name }) => name));
    expect(there.plots[0]?.svg).toMatch(/^<svg /);
  });

  test("a trace written in the page has the references that Node reads", async () => {
    const sink = new BytesSink();
    await convertTrace(await openTrace(recording), sink, { format: "lackey" });
    const there = await tab.page.evaluate(async () => {
      const { BytesSink, convertTrace, openTrace } = window.pagewalk;
      const blob = await (await fetch("trace.pagewalk")).blob();
      const again = new BytesSink();
      await convertTrace(await openTrace(blob), again, { format: "pagewalk" });
      const text = new BytesSink();
      await convertTrace(await openTrace(again.bytes), text, { format: "lackey" });
      const hash = await crypto.subtle.digest("SHA-256", text.bytes as Uint8Array<ArrayBuffer>);
      return [...new Uint8Array(hash)];
    });
    expect(there).toEqual([...createHash("sha256").update(sink.bytes).digest()]);
  });

  test("a machine translates as in Node, one access at a time", async () => {
    const accesses = ["0x401000", "0x7ffff7fbb123", "0x401008"] as const;
    const machine = await Machine.create({ arch: "sv39", walkCache: "l3=2" });
    const here = accesses.map((address) =>
      plain(machine.translate(BigInt(address) & 0x3fffffffffn, "store")),
    );
    const there = await tab.page.evaluate(async (addresses) => {
      const machine = await window.pagewalk.Machine.create({ arch: "sv39", walkCache: "l3=2" });
      return addresses.map((address) =>
        JSON.stringify(machine.translate(BigInt(address) & 0x3fffffffffn, "store"), (_, value) =>
          typeof value === "bigint" ? `${value}` : value,
        ),
      );
    }, accesses);
    expect(there).toEqual(here);
    expect(here[0]).toContain("walk");
  });

  test("bad bytes are an error with the input's name, not a crash", async () => {
    const message = await tab.page.evaluate(async () => {
      const { openTrace, replay } = window.pagewalk;
      try {
        await replay(await openTrace(new Uint8Array([1, 2, 3])), {});
      } catch (error) {
        return error instanceof window.pagewalk.InputError ? error.message : String(error);
      }
      return "no error";
    });
    expect(message).toMatch(/: .*; /);
  });

  test("no error was thrown or logged during these tests", () => {
    expect(tab.errors).toEqual([]);
  });
});

function plain(value: unknown): string {
  return JSON.stringify(value, (_, field) => (typeof field === "bigint" ? `${field}` : field));
}

/** A report without the parts that differ between runs. */
function timeless(report: unknown): unknown {
  const { time, trace, ...rest } = report as { time: unknown; trace: { path: string } };
  return { ...rest, trace: { ...trace, path: "" } };
}
