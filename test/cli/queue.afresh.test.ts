/** `compare --queue` and `worker`: commands, workers and Redis are killed, and the rows are those of a local run. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { convertTrace, generateTrace } from "#pagewalk/index.js";
import { missingTools } from "../heap/afresh.js";
import { pagewalk, start, until } from "./command.js";
import { RedisServer } from "./redis.js";
import { withoutTimes } from "./times.js";

const missing = missingTools("redis-server");
const title = `a queue${missing.length > 0 ? `: no ${missing.join(" and no ")} here` : ""}`;

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.runIf(missing.length === 0)(title, () => {
  let folder: string;
  let redis: RedisServer;
  const file = (name: string) => join(folder, name);
  const started = new Set<ReturnType<typeof start>>();
  const startOne = (args: readonly string[]) => {
    const one = start(args);
    started.add(one);
    return one;
  };
  const startWorker = (name: string, ...more: string[]) => {
    return startOne(["worker", "--queue", redis.url, "--name", name, "--jobs", "1", ...more]);
  };
  const stopAll = async () => {
    for (const one of started) one.kill("SIGKILL");
    await Promise.all([...started].map(({ ended }) => ended));
    started.clear();
  };
  const makeTrace = async (name: string, references: number, seed: number) => {
    const zipf = generateTrace({ pattern: "zipf", references, pages: references / 20, seed });
    await convertTrace(zipf, file(name));
    return file(name);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "pagewalk-test-"));
    mkdirSync(file("redis"));
    redis = await RedisServer.start(file("redis"));
  });
  afterEach(stopAll);
  afterAll(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("gives the rows of a local run though all are killed: 15 workers, the command, and Redis", async () => {
    const traces: string[] = [];
    for (let n = 0; n < 20; n++) traces.push(await makeTrace(`${n}.pagewalk`, 250_000, n + 1));
    const grid = ["--policies", "lru,arc,sieve,lfu,opt", "--frames", "1%,5%,10%,20%", "--json", "--quiet"];
    const sweep = ["compare", ...traces, ...grid, "--queue", redis.url];
    // Kills at random times; the seed is fixed, the machine is not.
    let state = 20_261_130;
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state / 2 ** 31;
    };
    let command = startOne(sweep);
    await redis.untilWaiting(20);
    const served = ["one", "two", "three"].map(async (name) => {
      for (let kills = 0; kills < 5; kills++) {
        const worker = startWorker(name);
        await wait(700 + 1100 * random());
        worker.kill("SIGKILL");
        await worker.ended;
      }
      return startWorker(name);
    });
    await wait(2000);
    await redis.restart();
    await wait(1500);
    command.kill("SIGKILL");
    await command.ended;
    command = startOne(sweep);
    await Promise.all(served);
    const { status, stdout, stderr } = await command.ended;
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const local = await pagewalk(["compare", ...traces, ...grid]);
    expect(withoutTimes(stdout)).toBe(withoutTimes(local.stdout));
    const { results }: { results: { trace: string; policy: string; frames: number }[] } = JSON.parse(stdout);
    expect(results).toHaveLength(400);
    expect(new Set(results.map(({ trace, policy, frames }) => `${trace} ${policy} ${frames}`)).size).toBe(
      400,
    );
    // Redis has the results: no worker is running.
    await stopAll();
    const again = await pagewalk(sweep);
    expect(withoutTimes(again.stdout)).toBe(withoutTimes(local.stdout));
  });

  test("outlives its command, and can be cancelled", async () => {
    const trace = await makeTrace("interrupted.pagewalk", 20_000, 1);
    const sweep = ["compare", trace, "--frames", "5%", "--queue", redis.url];
    const command = startOne(sweep);
    await redis.untilWaiting(1);
    command.kill("SIGINT");
    expect(await command.ended).toMatchObject({
      status: 130,
      stdout: "",
      stderr:
        "pagewalk: interrupted after 0 of 10 simulations; the queue keeps the others: run the same again for them, " +
        "or with --cancel to remove them\n",
    });
    const worker = startWorker("four");
    await until(() => workerSaid(worker, "10 simulations"));
    worker.kill("SIGTERM");
    await worker.ended;
    expect((await pagewalk(sweep)).status).toBe(0);
    expect(await pagewalk([...sweep, "--cancel"])).toMatchObject({ status: 0, stdout: "" });
    const asked = startOne(sweep);
    await redis.untilWaiting(1);
    asked.kill("SIGINT");
    expect((await asked.ended).stderr).toMatch(/interrupted after 0 of 10 simulations/);
    expect(await pagewalk([...sweep, "--cancel"])).toMatchObject({ status: 0, stdout: "" });
    await redis.untilWaiting(0);
  });

  test("gets a group back from a worker that is stopped", async () => {
    const trace = await makeTrace("long.pagewalk", 4e6, 1);
    const command = startOne([
      "compare",
      trace,
      "--policies",
      "arc,lru",
      "--frames",
      "5%",
      "--queue",
      redis.url,
    ]);
    await redis.untilWaiting(1);
    const first = startWorker("five", "--json");
    await redis.untilWaiting(0);
    first.kill("SIGTERM");
    const { status, stdout } = await first.ended;
    expect({ status, ...JSON.parse(stdout) }).toEqual({ status: 0, groups: 0, simulations: 0, failures: 0 });
    await redis.untilWaiting(1);
    startWorker("six");
    expect((await command.ended).status).toBe(0);
    await stopAll();
  });

  test("gives up a trace that is another one for the worker, says so, and keeps the rest", async () => {
    const [good, bad, spare] = await Promise.all([
      makeTrace("good.pagewalk", 20_000, 1),
      makeTrace("bad.pagewalk", 20_000, 2),
      makeTrace("spare.pagewalk", 20_000, 3),
    ]);
    copyFileSync(bad, file("kept.pagewalk"));
    const sweep = [
      "compare",
      good,
      bad,
      "--policies",
      "lru",
      "--frames",
      "5%",
      "--queue",
      redis.url,
      "--json",
    ];
    const command = startOne(sweep);
    await redis.untilWaiting(2);
    copyFileSync(spare, bad);
    startWorker("seven");
    const { status, stdout, stderr } = await command.ended;
    const reason = `seven: ${bad}: is not the trace of the sweep: its bytes have another hash; `;
    expect(stderr).toContain(`pagewalk: ${bad}: 1 of 2 simulations were given up: ${reason}`);
    const { results, givenUp } = JSON.parse(stdout);
    expect({ status, traces: results.map(({ trace }: { trace: string }) => trace) }).toEqual({
      status: 2,
      traces: [good],
    });
    expect(givenUp).toEqual([{ trace: bad, simulations: 1, reason: expect.stringContaining(reason) }]);
    copyFileSync(file("kept.pagewalk"), bad);
    const again = await pagewalk(sweep);
    await stopAll();
    expect(JSON.parse(again.stdout).results).toHaveLength(2);
  });

  test("has workers fetch a trace that is given by its URL", async () => {
    const trace = await makeTrace("web.pagewalk", 20_000, 1);
    const bytes = readFileSync(trace);
    const server = createServer((request, response) => {
      if (request.url === "/web.pagewalk") response.end(bytes);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const grid = ["--policies", "lru,opt", "--frames", "5%,10%", "--json"];
    startWorker("eight");
    const url = `http://127.0.0.1:${port}/web.pagewalk`;
    const [queued, local] = await Promise.all([
      pagewalk(["compare", url, ...grid, "--queue", redis.url]),
      pagewalk(["compare", trace, ...grid]),
    ]);
    await stopAll();
    server.close();
    expect(queued.stderr).toBe("");
    expect(withoutTimes(queued.stdout)).toBe(withoutTimes(local.stdout).replaceAll(trace, url));
  });

  test("is refused with a wrong password, and takes one from the environment", async () => {
    mkdirSync(file("locked"));
    const locked = await RedisServer.start(file("locked"), "--requirepass", "secret");
    writeFileSync(file("few"), "1\n2\n1\n");
    const sweep = ["compare", file("few"), "--format", "lirs", "--queue", locked.url, "--cancel"];
    const refused = await pagewalk(sweep);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/^pagewalk: redis:\/\/127\.0\.0\.1:\d+: Redis refuses the password/);
    const named = await pagewalk([...sweep.slice(0, -2), locked.url.replace("//", "//:wrong@"), "--cancel"]);
    expect(named.stderr).toMatch(/^pagewalk: redis:\/\/127/);
    expect(named.stderr).not.toContain("wrong@");
    const taken = await pagewalk(sweep, { env: { REDISCLI_AUTH: "secret" } });
    await locked.stop();
    expect(taken.status, taken.stderr).toBe(0);
  });
});

function workerSaid({ heard }: ReturnType<typeof start>, text: string): boolean {
  return heard.stderr.includes(text);
}
