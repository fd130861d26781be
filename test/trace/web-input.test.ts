/** Traces that are fetched: by address, as requests and as responses. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { compare, openTrace, type TraceInput, traceInfo } from "#pagewalk/index.js";

const text = "1\n2\n3\n1\n2\n3\n4\n";
const options = { format: "lirs" };

describe("a trace on the web", () => {
  let server: Server;
  let address: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const found = { "/t.lirs": text, "/t.lirs.gz": gzipSync(text) }[request.url ?? ""];
      if (found === undefined) response.writeHead(404);
      response.end(found);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test("is read by a URL, its text, a request, and a response", async () => {
    const inputs: TraceInput[] = [
      ...[`${address}/t.lirs`, new URL(`${address}/t.lirs.gz`), new Request(`${address}/t.lirs`)],
      ...[await fetch(`${address}/t.lirs.gz`), new Response(text)],
    ];
    for (const input of inputs) {
      expect((await traceInfo(await openTrace(input, options))).references).toBe(7);
    }
  });

  test("is named by its address, and stored for jobs of several passes", async () => {
    const trace = await openTrace(`${address}/t.lirs`, options);
    expect([trace.name, trace.sizeBytes]).toEqual([`${address}/t.lirs`, text.length]);
    const { results } = await compare(trace, { policies: "opt", frames: [2], jobs: 1 });
    expect(results[0]?.misses).toBe(5);
  });

  test.each([
    ["a status that is not 200", () => `${address}/none`, /the server answers 404 Not Found/],
    ["a server that is not there", () => "http://127.0.0.1:1/t.lirs", /cannot be fetched \(.+\); check/],
  ])("is refused for %s", async (_, input, message) => {
    const opening = openTrace(input(), options);
    await expect(opening).rejects.toThrow(InputError);
    await expect(opening).rejects.toThrow(message);
  });

  test("is whole although the connection breaks: the rest is requested by its tag", async () => {
    const bytes = Buffer.from("12345\n".repeat(50_000));
    const ranges: (string | undefined)[] = [];
    const breaking = createServer((request, response) => {
      const { range } = request.headers;
      ranges.push(range);
      const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
      const head = { etag: '"7"', "content-length": bytes.length - from };
      if (range === undefined) response.writeHead(200, head);
      else
        response.writeHead(206, {
          ...head,
          "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        });
      // A third of the file each time.
      response.write(bytes.subarray(from, from + 100_000), () => {
        if (from + 100_000 >= bytes.length) response.end();
        else setTimeout(() => response.destroy(), 20);
      });
    });
    await new Promise<void>((resolve) => breaking.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(breaking.address() as AddressInfo).port}/`;
    const { references } = await traceInfo(await openTrace(url, options));
    await new Promise((resolve) => breaking.close(resolve));
    expect({ references, ranges }).toEqual({
      references: 50_000,
      ranges: [undefined, "bytes=100000-", "bytes=200000-"],
    });
  });

  test.each([
    [
      "without a tag",
      {},
      /: the transfer broke after 60000 bytes \(.+\); try again, or fetch the file first/,
    ],
    [
      "and is another one then",
      { etag: '"7"' },
      /broke after 60000 bytes, and the server does not give the rest \(200\)/,
    ],
  ])("that breaks %s is an error", async (_, head, message) => {
    const breaking = createServer((_, response) => {
      response.writeHead(200, { ...head, "content-length": 90_000 });
      response.write("12345\n".repeat(10_000), () => setTimeout(() => response.destroy(), 20));
    });
    await new Promise<void>((resolve) => breaking.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(breaking.address() as AddressInfo).port}/`;
    const reading = openTrace(url, options).then(traceInfo);
    await expect(reading).rejects.toThrow(InputError);
    await expect(reading).rejects.toThrow(message);
    await new Promise((resolve) => breaking.close(resolve));
  });

  test("is refused if the response was read before, or has no body", async () => {
    const used = new Response(text);
    await used.text();
    await expect(openTrace(used, options)).rejects.toThrow("the response was read before; fetch it again");
    await expect(openTrace(new Response(null), options)).rejects.toThrow("has no body");
  });
});
