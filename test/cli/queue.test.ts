/** Errors of `compare --queue` and `worker` before they need Redis. */
import { expect, test } from "vitest";
import { pagewalk } from "./command.js";

/** An address where nothing listens. */
const NOWHERE = "redis://user:secret@127.0.0.1:1";

/** Node options with which the package cannot be found. */
const without = (name: string) => {
  const hook = `export async function resolve(name, context, next) {
    if (name !== "${name}") return next(name, context);
    throw Object.assign(new Error("not installed"), { code: "ERR_MODULE_NOT_FOUND" });
  }`;
  const load = `import { register } from "node:module"; register("data:text/javascript,${encodeURIComponent(hook)}");`;
  return `--import data:text/javascript,${encodeURIComponent(load)}`;
};

test.each([
  [
    "an address that is not Redis's",
    ["compare", "TRACE", "--queue", "http://127.0.0.1"],
    '--queue: "http://127.0.0.1" is no address of Redis; give one such as redis://127.0.0.1:6379',
  ],
  [
    "a Redis that does not answer, without its password",
    ["compare", "TRACE", "--queue", NOWHERE],
    "redis://user@127.0.0.1:1: cannot be reached (connect ECONNREFUSED 127.0.0.1:1); check the address, and that Redis runs",
  ],
  [
    "the same for a worker",
    ["worker", "--queue", NOWHERE],
    "redis://user@127.0.0.1:1: cannot be reached (connect ECONNREFUSED 127.0.0.1:1); check the address, and that Redis runs",
  ],
  [
    "a custom policy",
    ["compare", "TRACE", "--queue", NOWHERE, "--policies", "lru,./examples/custom-policy/fifo.js"],
    "--policies: ./examples/custom-policy/fifo.js is a custom policy, and workers have those of the kernel; " +
      "leave it out, or divide the work by shards",
  ],
  [
    "standard input",
    ["compare", "-", "--format", "lirs", "--queue", NOWHERE],
    "<stdin>: workers of a queue cannot read it; give a file on storage that all of them share, or a URL",
  ],
  [
    "the end of a sweep without its queue",
    ["compare", "TRACE", "--cancel"],
    "--cancel: there is no queue to remove it from; give --queue",
  ],
  [
    "a worker without a queue",
    ["worker"],
    "worker: --queue <url> is missing; usage: pagewalk worker [options], see pagewalk worker --help",
  ],
])("refuses %s", async (_, args, message) => {
  const given = args.map((arg) => (arg === "TRACE" ? "examples/wordcount/wordcount.pagewalk" : arg));
  const { status, stdout, stderr } = await pagewalk(given, { input: "1\n2\n" });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toBe(`pagewalk: ${message}\n`);
});

test.each(["bullmq", "ioredis"])("names the packages to install if %s is missing", async (name) => {
  const env = { NODE_OPTIONS: without(name) };
  const { status, stderr } = await pagewalk(["worker", "--queue", "redis://127.0.0.1:1"], { env });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr:
      "pagewalk: a queue needs the packages bullmq and ioredis; " +
      "install them beside this one: npm install bullmq ioredis (with --global if this one is)\n",
  });
});
