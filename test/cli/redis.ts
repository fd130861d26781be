/** A redis-server of the test's own, on a free port of the loopback, with an append-only file. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { Redis } from "ioredis";

export class RedisServer {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly extra: readonly string[],
    private child: ChildProcess,
  ) {}

  static async start(folder: string, ...extra: string[]): Promise<RedisServer> {
    const port = await freePort();
    return new RedisServer(folder, port, extra, await launch(folder, port, extra));
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when so many groups wait for a worker. */
  async untilWaiting(groups: number): Promise<void> {
    const redis = new Redis(this.url);
    redis.on("error", () => {}); // it connects again
    for (let found = -1; found !== groups; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const [list = ""] = await redis.keys("pagewalk:*:wait");
      found = list === "" ? 0 : await redis.llen(list);
    }
    redis.disconnect();
  }

  /** Kills it, and starts it again on what it had written. */
  async restart(): Promise<void> {
    await this.stop();
    this.child = await launch(this.folder, this.port, this.extra);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function launch(folder: string, port: number, extra: readonly string[]): Promise<ChildProcess> {
  const options = { bind: "127.0.0.1", port: `${port}`, dir: folder, save: "", appendonly: "yes" };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn("redis-server", [...flags, ...extra], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => reject(new Error(`redis-server ended with ${status}`)));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      if (/ready to accept connections/i.test(text)) resolve();
    });
  });
  return child;
}
