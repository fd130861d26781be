/** `serve`: what its server answers, and what it refuses. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addressOf } from "../browser/playground.js";
import { pagewalk, start } from "./command.js";

describe("serve", () => {
  let server: ReturnType<typeof start>;
  let url: string;

  beforeAll(async () => {
    server = start(["serve", "--port", "0"]);
    url = await addressOf(server.process);
  });

  afterAll(() => server.kill("SIGKILL"));

  /** The files that the page is made of. */
  async function files(): Promise<string[]> {
    const html = await (await fetch(url)).text();
    return [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name = ""]) => name);
  }

  test("prints an address on loopback, where the page is", async () => {
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(await response.text()).toContain("<title>Pagewalk playground</title>");
  });

  test("isolates every file from other origins, and allows pages to fetch from it alone", async () => {
    const names = ["", ...(await files())];
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const { headers } = await fetch(url + name);
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toContain("unsafe-inline");
      expect(policy).not.toMatch(/https?:|\*/);
    }
  });

  test("sends the policy that the page has in its HTML, which other servers do not send", async () => {
    const response = await fetch(url);
    const [, own] = /content="(default-src[^"]*)"/.exec(await response.text()) ?? [];
    // The policy in HTML cannot have frame-ancestors.
    expect(response.headers.get("content-security-policy")).toBe(`${own}; frame-ancestors 'none'`);
  });

  test("gives scripts and styles their types", async () => {
    const types = await Promise.all(
      (await files()).map(async (name) => [
        name.split(".").at(-1),
        (await fetch(url + name)).headers.get("content-type"),
      ]),
    );
    expect(Object.fromEntries(types)).toMatchObject({
      js: expect.stringMatching(/^text\/javascript/),
      css: expect.stringMatching(/^text\/css/),
    });
  });

  test.each(["nothing", "../package.json", "%2e%2e/%2e%2e/package.json", "assets/%00", "%"])(
    "has no file outside of the playground: %s",
    async (path) => {
      expect((await fetch(url + path)).status).toBe(404);
    },
  );

  test("refuses a port that is in use", async () => {
    const { port } = new URL(url);
    const { status, stdout, stderr } = await pagewalk(["serve", "--port", port]);
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr: `pagewalk: --port: ${port} is in use; give another one, or 0 for any free one\n`,
    });
  });

  test("refuses an address that this computer does not have", async () => {
    const { status, stderr } = await pagewalk(["serve", "--host", "192.0.2.1"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'pagewalk: --host: this computer has no address "192.0.2.1"; give 127.0.0.1, for example\n',
    });
  });

  test("ends on Ctrl-C with status 0, and frees the port", async () => {
    const other = start(["serve", "--port", "0", "--json", "--quiet"]);
    const { port } = new URL(await addressOf(other.process));
    other.kill("SIGINT");
    const { status, stdout, stderr } = await other.ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({ url: `http://127.0.0.1:${port}/` });
    const again = createServer();
    await new Promise<void>((resolve) => again.listen(Number(port), "127.0.0.1", resolve));
    expect((again.address() as AddressInfo).port).toBe(Number(port));
    again.close();
  });
});
