/** The lessons in `examples`: their logs' own commands, and the blocks of their README. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BIN } from "../cli/command.js";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = "examples/process";

/** The sign for omitted lines. */
const LEFT_OUT = "…";

export interface Example {
  file: string;
  /** The command in the log's comment. */
  command: string;
}

/** Of `folder`, within the project. */
export function examples(folder = FOLDER): Example[] {
  const files = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(".calls"));
  return files.map((file) => {
    const commands = [
      ...readFileSync(join(ROOT, folder, file), "utf8").matchAll(/^# {3}(pagewalk run .*)$/gm),
    ];
    if (commands.length !== 1) throw new Error(`${file} gives ${commands.length} commands`);
    return { file, command: commands[0]?.[1] ?? "" };
  });
}

export interface Block {
  /** `sh` or `c`. */
  language: string;
  code: string;
  /** The output that the README shows. */
  shown: string;
}

/** Each block of code with the block of output after it. */
export function blocks(folder = FOLDER): Block[] {
  const readme = readFileSync(join(ROOT, folder, "README.md"), "utf8");
  return [...readme.matchAll(/^```(sh|c)\n(.*?)^```\n```\n(.*?)^```$/gms)].map(
    ([, language = "", code = "", shown = ""]) => ({ language, code, shown }),
  );
}

/** The lines that README shows and the output lacks or has in another order: [] if the output is as shown. */
export function missing(shown: string, output: string): string[] {
  const wanted = linesOf(shown);
  const lines = linesOf(output);
  let at = 0;
  let maySkip = false;
  for (const [n, line] of wanted.entries()) {
    if (line === LEFT_OUT) {
      maySkip = true;
      continue;
    }
    const found = maySkip ? lines.indexOf(line, at) : at;
    if (found < 0 || lines[found] !== line) return wanted.slice(n);
    at = found + 1;
    maySkip = false;
  }
  return maySkip || at === lines.length ? [] : lines.slice(at);
}

function linesOf(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd());
}

export interface ShellOutcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** A folder with the command under its name, for the shell to find. */
export function commandFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pagewalk-lessons-"));
  const command = join(folder, "pagewalk");
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(command, 0o755);
  return folder;
}

/** Runs shell code in the root of the project. Repeated calls return the first result. */
export function shell(code: string, folder: string): Promise<ShellOutcome> {
  const key = `${folder}: ${code.trim()}`;
  const known = outcomes.get(key);
  if (known !== undefined) return known;
  const outcome = run(code, folder);
  outcomes.set(key, outcome);
  return outcome;
}

const outcomes = new Map<string, Promise<ShellOutcome>>();

export function run(code: string, folder: string, cwd = ROOT): Promise<ShellOutcome> {
  const child = spawn("sh", ["-c", code], {
    cwd,
    env: { PATH: `${folder}:${process.env.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stdout, stderr }));
  });
}
