/** The commands and programs that README and docs show, and the files that replace those in them. */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { BytesSink, convertTrace, openTrace } from "#pagewalk/index.js";
import { ROOT } from "../process/lessons.js";

export interface Snippet {
  document: string;
  language: "sh" | "js";
  line: number;
  code: string;
}

/** Of README.md and docs/: the examples' READMEs have tests of their own. */
export const DOCUMENTS = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** The fenced blocks of `sh` and `js`, and the commands behind a prompt in the others. */
export function snippets(document: string): Snippet[] {
  const text = readFileSync(join(ROOT, document), "utf8");
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(
    ([block, language = "", code = ""]): Snippet[] => {
      const line = text.slice(0, text.indexOf(block)).split("\n").length;
      if (language === "sh" || language === "js") return [{ document, language, line, code }];
      const prompted = [...code.matchAll(/^\$ (.*)$/gm)].map(([, command]) => command);
      return language === "" && prompted.length > 0
        ? [{ document, language: "sh", line, code: prompted.join("\n") }]
        : [];
    },
  );
}

/** The commands of a block, each without comments; `npm run` is replaced by the script's command. */
export function commands(code: string): string[] {
  return code
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/&&|;/))
    .map((command) => command.trim().replace(/^npm run -s pagewalk -- /, "pagewalk "))
    .filter((command) => command !== "");
}

/** Why a command is not run here; undefined if it is. */
export function reasonNotToRun(command: string): string | undefined {
  if (/^npm /.test(command)) return "installs, builds or tests the package itself";
  if (/^(strace|ltrace|cat \/proc)/.test(command)) return "watches another program";
  if (/^pagewalk .* -- /.test(command))
    return "records a program: see live.test.ts and record.afresh.test.ts";
  if (/--partial$/.test(command)) return "reads a file that is cut off: see partial.test.ts";
  if (/ --queue /.test(command)) return "needs Redis: see queue.afresh.test.ts";
  if (/^pagewalk serve/.test(command)) return "serves until it is stopped: see serve.test.ts";
  return undefined;
}

/** A snippet as a program: with the definitions that it omits, and full paths of the examples. */
export function programOf({ code }: Snippet): string {
  const onExamples = code.replaceAll('"examples/', `"${ROOT}examples/`);
  if (/^\w+: \{/.test(code)) return `({ ${code} });`; // a field of a definition
  return /^(import|export) /.test(code) ? onExamples : `import { spawn } from "pagewalk";\n${onExamples}`;
}

const CALLS = `
brk(NULL) = 0x555555559000
brk(0x55555557a000) = 0x55555557a000
malloc(40) = 0x5555555592a0
malloc(2000) = 0x5555555592d0
mmap(NULL, 4194304, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7a00000
`;
const PAGES = 1000;
const REFERENCES = 20_000;

/** A program of some calls, and then references over all its pages, some more often than others. */
function recording(): string {
  const lines: string[] = [];
  for (let n = 0; n < REFERENCES; n++) {
    const page = (n * n + (n >> 5)) % PAGES;
    const address = n % 9 === 0 ? 0x5555555592d0 + (n % 2000) : 0x7ffff7a00000 + page * 4096 + (n % 4000);
    lines.push(`${n % 3 === 0 ? "store" : "load"}(0x${address.toString(16)}, 1)`);
  }
  return `${CALLS.trimStart()}${lines.join("\n")}\n`;
}

/** Fills `folder` with the files that the documents name: short ones, so that every command is quick. */
export async function writeExampleFiles(folder: string): Promise<void> {
  const place = (name: string) => join(folder, name);
  mkdirSync(place("node_modules"));
  symlinkSync(ROOT, place("node_modules/pagewalk"));
  cpSync(join(ROOT, "examples"), place("examples"), { recursive: true });
  copyFileSync(join(ROOT, "examples/wordcount/wordcount.pagewalk"), place("wordcount.pagewalk"));
  const sink = new BytesSink();
  const trace = await openTrace(new TextEncoder().encode(recording()), { name: "ls.calls" });
  await convertTrace(trace, sink, { metadata: { allocations: "recorded" } });
  for (const name of ["ls", "life", "all"]) writeFileSync(place(`${name}.pagewalk`), sink.bytes);
  writeFileSync(place("examples/wordcount/wordcount.pagewalk"), sink.bytes);

  const log = gunzipSync(readFileSync(join(ROOT, "examples/heap/words.log.gz"))).toString();
  for (const name of ["sort.log", "ls.log"]) {
    writeFileSync(place(name), `${log.split("\n").slice(0, 2000).join("\n")}\n`);
    copyFileSync(join(ROOT, "examples/heap/words.log.maps"), place(`${name}.maps`));
  }
  writeFileSync(place("ls.ltrace"), "malloc(24) = 0x5555555592a0\nfree(0x5555555592a0) = <void>\n");
  for (const name of ["ls.strace", "log"]) {
    writeFileSync(
      place(name),
      "munmap(0x7ffff7000000, 4096) = 0\nmlock(0, 4096) = -1 ENOMEM (Cannot allocate memory)\n",
    );
  }
  const blocks = Array.from(
    { length: 500 },
    (_, n) => `${n},web,2,Read,${(n * 7919) % 900000},4096,10\n`,
  ).join("");
  writeFileSync(place("web_2.csv.gz"), gzipSync(blocks));
  const gets = Array.from(
    { length: 20_000 },
    (_, n) => `${n},key-${(n * 7919) % 15_000},9,100,1,get,0\n`,
  ).join("");
  writeFileSync(place("cluster52.zst"), gets); // compression is detected by the content
  writeFileSync(place("maps"), "00400000-00401000 rw-p 00000000 00:00 0 \n");
}
