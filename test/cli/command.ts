/** Runs the built command as a user would. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);
const manifest: { bin: { pagewalk: string } } = JSON.parse(
  readFileSync(new URL("package.json", ROOT), "utf8"),
);

export const BIN = fileURLToPath(new URL(manifest.bin.pagewalk, ROOT));
export const RECORDING = fileURLToPath(new URL("examples/wordcount/wordcount.pagewalk", ROOT));

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  input?: string | Uint8Array | Readable;
  env?: Record<string, string>;
  cwd?: string;
}

export function pagewalk(args: readonly string[], { input, env, cwd }: RunOptions = {}): Promise<Outcome> {
  const options: SpawnOptions = {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["pipe", "pipe", "pipe"],
    ...(cwd !== undefined && { cwd }),
  };
  const child = spawn(process.execPath, [BIN, ...args], options);
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error("the command has no pipes");
  const outcome: Outcome = { status: null, stdout: "", stderr: "" };
  stdout.setEncoding("utf8").on("data", (text: string) => {
    outcome.stdout += text;
  });
  stderr.setEncoding("utf8").on("data", (text: string) => {
    outcome.stderr += text;
  });
  stdin.on("error", () => {}); // the command may stop reading early
  if (input !== undefined && !(typeof input === "string") && "pipe" in input) input.pipe(stdin);
  else stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ ...outcome, status }));
  });
}

/** Started as a user would, to be stopped. */
export function start(args: readonly string[], env: Record<string, string> = {}) {
  const child: ChildProcess = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const heard = { stdout: "", stderr: "" };
  child.stdin?.on("error", () => {});
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    heard.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    heard.stderr += text;
  });
  const ended = new Promise<typeof heard & { status: number | null; signal: string | null }>((resolve) =>
    child.once("close", (status, signal) => resolve({ status, signal, ...heard })),
  );
  return { process: child, heard, kill: (signal: NodeJS.Signals) => child.kill(signal), ended };
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
