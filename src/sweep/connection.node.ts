/**
 * The connection to Redis, and the names in it. BullMQ and ioredis are loaded here when a queue is asked for; they are no
 * dependencies of the package.
 */
import type { Redis } from "ioredis";
import { InputError, OptionError, UsageError } from "../errors.js";
import { kernelHash } from "./identity.node.js";

/** The optional packages. */
interface Packages {
  readonly bullmq: typeof import("bullmq");
  readonly Redis: typeof import("ioredis").Redis;
}

export interface Connection {
  readonly bullmq: Packages["bullmq"];
  readonly redis: Redis;
  /** Options of every queue, worker and listener. */
  readonly options: { connection: Redis; prefix: string };
  /** The queue of this version of the kernel: workers of another one do not see it. */
  readonly queue: string;
  /** The address without its password. */
  readonly place: string;
  /** Ends it, and the connections that BullMQ has made from it, whether Redis answers or not. */
  close(): void;
}

const PREFIX = "pagewalk";
/** Of the messages in the queue. */
const PROTOCOL = 1;
/** Milliseconds between two attempts to connect again. */
const RETRY_MILLISECONDS = 500;
const CONNECT_MILLISECONDS = 10_000;
/** A connection that does not end by itself is dropped. */
const DISCONNECT_MILLISECONDS = 200;

/** Connects to `redis://HOST:PORT`. Throws `UsageError` and `InputError`. */
export async function connect(address: string): Promise<Connection> {
  const url = parsed(address);
  const place = shown(url);
  const { bullmq, Redis } = await packages();
  let wasReady = false;
  const { REDISCLI_AUTH } = process.env;
  const options = {
    lazyConnect: true,
    connectTimeout: CONNECT_MILLISECONDS,
    disconnectTimeout: DISCONNECT_MILLISECONDS,
    maxRetriesPerRequest: null,
    // Redis may be restarted during a sweep; at the start it must answer.
    retryStrategy: () => (wasReady ? RETRY_MILLISECONDS : null),
    ...(url.password === "" && REDISCLI_AUTH !== undefined && { password: REDISCLI_AUTH }),
  };
  const redis = new Redis(url.href, options);
  const clients = [redis];
  const duplicate = redis.duplicate.bind(redis);
  redis.duplicate = (...given) => {
    const copy = duplicate(...given);
    clients.push(copy);
    return copy;
  };
  let reason = "";
  redis.on("error", (error: Error) => {
    reason = error.message;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    if (redis.status !== "end") redis.disconnect();
    throw refusal(reason === "" ? (error as Error).message : reason, place, error);
  }
  wasReady = true;
  const queue = `compare-${PROTOCOL}-${(await kernelHash()).slice(0, 12)}`;
  const close = () => {
    for (const client of clients) client.disconnect();
  };
  return { bullmq, redis, options: { connection: redis, prefix: PREFIX }, queue, place, close };
}

function parsed(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && /^rediss?:$/.test(url.protocol) && url.hostname !== "") return url;
  throw OptionError.at(
    "queue",
    `"${address}" is no address of Redis`,
    "give one such as redis://127.0.0.1:6379",
  );
}

function shown(url: URL): string {
  const { protocol, username, host, pathname } = url;
  return `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname === "/" ? "" : pathname}`;
}

async function packages(): Promise<Packages> {
  try {
    const [bullmq, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, Redis };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) throw error;
    throw new UsageError(
      "a queue needs the packages bullmq and ioredis",
      "install them beside this one: npm install bullmq ioredis (with --global if this one is)",
      undefined,
      { cause: error },
    );
  }
}

function refusal(message: string, place: string, cause: unknown): InputError {
  if (/NOAUTH|WRONGPASS|invalid password|without any password/i.test(message)) {
    const remedy =
      "give redis://USER:PASSWORD@HOST:PORT, or the password in the environment as REDISCLI_AUTH";
    return new InputError(`Redis refuses the password or the lack of one (${message})`, remedy, place, {
      cause,
    });
  }
  return new InputError(`cannot be reached (${message})`, "check the address, and that Redis runs", place, {
    cause,
  });
}
