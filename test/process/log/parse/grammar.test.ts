import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quote } from "#pagewalk/printable.js";
import { evaluate } from "#pagewalk/process/log/parse/argument.js";
import { parseCall, parseName } from "#pagewalk/process/log/parse/grammar.js";
import { SyntaxFault } from "#pagewalk/process/log/parse/syntax-fault.js";
import { caseCount } from "../../../build.js";

const number = (value: bigint) => ({ kind: "number", value });
const argumentsOf = (text: string) => parseCall(`f(${text})`).args;

describe("a call's arguments", () => {
  test.each([
    ["4096", 4096n],
    ["0x7ffff7fbb000", 0x7ffff7fbb000n],
    ["NULL", 0n],
    ["-1", 2n ** 64n - 1n],
    ["0600", 0o600n],
    ["PROT_READ|PROT_WRITE", 3n],
    ["0x3 /* PROT_READ|PROT_WRITE */", 3n],
    ["0x8 /* MAP_??? */|MAP_PRIVATE", 10n],
    ["0x1200000 /* CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID */|17 /* SIGCHLD */", 0x1200011n],
    ["21<<26", 21n << 26n],
    ["MAP_PRIVATE|21<<26", (21n << 26n) | 2n],
    ["8192*1024", 8n << 20n],
    ["0x1000 + 2*0x10 - 1", 0x101fn],
    ["RLIM64_INFINITY", 2n ** 64n - 1n],
  ])("%s is a number", (text, value) => {
    expect(argumentsOf(text)).toEqual([number(value)]);
  });

  test("names that the log has given are evaluated when they are known", () => {
    const [argument] = argumentsOf("ip + 4*100 - 0x10");
    expect(argument?.kind).toBe("expression");
    if (argument?.kind !== "expression") return;
    expect(evaluate(argument.terms, (name) => (name === "ip" ? 0x1000n : undefined))).toBe(0x1180n);
    expect(evaluate(argument.terms, () => undefined)).toBeUndefined();
  });

  test("a list may consist of a comment: strace before 4.20 counts variables of the environment", () => {
    expect(parseCall('execve("/bin/true", ["true"], [/* 33 vars */]) = 0')).toMatchObject({
      args: [{ text: "/bin/true" }, { kind: "list" }, { kind: "list", items: [] }],
      expected: { value: 0n },
    });
  });

  test("the fields of a struct may have colons after their names", () => {
    const fields = new Map([
      ["rlim_cur", number(8n << 20n)],
      ["rlim_max", number(2n ** 64n - 1n)],
    ]);
    const struct = { kind: "struct", fields };
    expect(argumentsOf("{rlim_cur: 8192*1024, rlim_max: RLIM_INFINITY}")).toEqual([struct]);
    expect(argumentsOf("{rlim_cur=8192*1024, rlim_max=RLIM_INFINITY}")).toEqual([struct]);
  });

  test("a deleted file has one name, in and after its brackets", () => {
    const path = "/tmp/#1097762 (deleted)";
    expect(argumentsOf("3</tmp/#1097762>(deleted), 65536")).toMatchObject([{ value: 3n, path }, {}]);
    expect(argumentsOf("3</tmp/#1097762 (deleted)>, 65536")).toMatchObject([{ value: 3n, path }, {}]);
  });

  test("security contexts are skipped", () => {
    const context = "[system_u:object_r:passwd_file_t:s0]";
    const args = argumentsOf(
      `AT_FDCWD ${context}, "/etc/passwd" ${context}, 3</etc/passwd> [passwd_file_t], 0`,
    );
    expect(args).toMatchObject([
      {},
      { text: "/etc/passwd" },
      { value: 3n, path: "/etc/passwd" },
      { value: 0n },
    ]);
  });

  test("strings, sets, structs and omissions of strace are distinguished", () => {
    const args = argumentsOf(
      '"a\\"b\\n"..., ~[RTMIN RT_1], {st_mode=S_IFREG|0644, st_size=5, ...}, [{fd=3, events=POLLIN}], ...',
    );
    expect(args.map(({ kind }) => kind)).toEqual(["text", "list", "struct", "list", "text"]);
    expect(args[0]).toEqual({ kind: "text", text: 'a"b\n' });
    expect(args[2]?.kind === "struct" && args[2].fields.get("st_size")).toEqual(number(5n));
  });

  test("a descriptor has the path that strace -y shows", () => {
    expect(argumentsOf("3</usr/lib/libc.so.6>, 0")).toEqual([
      { kind: "number", value: 3n, path: "/usr/lib/libc.so.6" },
      number(0n),
    ]);
  });

  test("of a value before and after the call, the value before it is used", () => {
    const [first] = argumentsOf("{flags=CLONE_VM, stack=0x1000} => {parent_tid=[5]}, 88");
    expect(first).toMatchObject({
      kind: "struct",
      fields: new Map([
        ["flags", number(0x100n)],
        ["stack", number(0x1000n)],
      ]),
    });
  });

  test("named arguments can be found by name", () => {
    const { named, args } = parseCall("clone(child_stack=0x7f00, flags=CLONE_VM) = 7");
    expect(named.get("child_stack")).toEqual(number(0x7f00n));
    expect(args).toHaveLength(2);
  });
});

describe("a call's result", () => {
  test.each([
    ["= 0", { kind: "value", value: 0n }],
    ["= 0x7ffff7fbb000", { kind: "value", value: 0x7ffff7fbb000n }],
    ["= -1 ENOMEM (Cannot allocate memory)", { kind: "error", name: "ENOMEM" }],
    ["= ok", { kind: "ok" }],
    ["= SIGSEGV SEGV_MAPERR # too far", { kind: "signal", name: "SIGSEGV", code: "SEGV_MAPERR" }],
    ["= SIGBUS", { kind: "signal", name: "SIGBUS", code: undefined }],
    ["= 3</etc/passwd>", { kind: "value", value: 3n }],
    ["= 0 <0.000012>", { kind: "value", value: 0n }],
    ["= 0x1 (flags FD_CLOEXEC)", { kind: "value", value: 1n }],
    ["= -1 EHWPOISON", { kind: "error", name: "EHWPOISON" }],
    ["= -1 ERRNO_600 (Unknown error 600)", { kind: "error", name: "ERRNO_600" }],
    ["= SIGBUS BUS_MCEERR_AR", { kind: "signal", name: "SIGBUS", code: "BUS_MCEERR_AR" }],
    ["= SIGRT_7 SI_QUEUE", { kind: "signal", name: "SIGRT_7", code: "SI_QUEUE" }],
    ["= 0;", { kind: "value", value: 0n }],
    ["= ok; // a comment", { kind: "ok" }],
    ["= SIGSEGV // too far", { kind: "signal", name: "SIGSEGV", code: undefined }],
    [";", undefined],
    ["// nothing is expected", undefined],
    ["; # nor here", undefined],
    ["= ? ERESTARTNOINTR (To be restarted)", undefined],
    ["= ? <unavailable>", undefined],
    ["= ?", undefined],
    ["= ? ERESTARTSYS (To be restarted)", undefined],
    ["", undefined],
    ["# nothing is expected", undefined],
  ])("%s", (text, expected) => {
    expect(parseCall(`f(1) ${text}`).expected).toEqual(expected);
  });

  test("may have a name", () => {
    expect(parseCall("ip = malloc(40)")).toMatchObject({ target: "ip", name: "malloc" });
  });
});

describe("a text that is not a call", () => {
  test.each([
    ["mmap(NULL", /"\)" is missing/],
    ["mmap(NULL,", /"\)" is missing/],
    ["mmap(NULL, 1) what", /"what" follows the call/],
    ["brk(NULL) = what", /"what" is not a result/],
    ["brk(NULL) = -1 EFOO", /there is no error "EFOO"/],
    ["brk(NULL) = -1 enomem", /there is no error "enomem"/],
    ["load(1) = SIGFOO", /there is no signal "SIGFOO"/],
    ["load(1) = SIGSEGV SEGV_FOO", /there is no code of SIGSEGV "SEGV_FOO"/],
    ["load(1) = SIGSEGV BUS_ADRERR", /there is no code of SIGSEGV "BUS_ADRERR"/],
    ["load(1) = SIGSEGV SEGV_MAPERR and more", /"and more" follows the signal/],
    ["load(1) / 2", /"\/ 2" follows the call/],
    ["hello", /hello has no arguments/],
    ["12", /"12" is not a call/],
    ['open("a', /quotation mark is missing/],
    ["f({a=1", /"}" is missing/],
    ["f(1 2)", /"2\)" was not expected/],
    ["f(18446744073709551616)", /does not fit in 64 bits/],
    [`f(${"9".repeat(100_000)})`, /does not fit in 64 bits/],
    ["f(0.5)", /"0.5" is not a whole number/],
    [`f(${"[".repeat(100_000)}`, /nested too deeply/],
    [`f(${"(1".repeat(100_000)}`, /was not expected/],
    [`f(${"g(".repeat(100_000)}`, /nested too deeply/],
    [`f(${"{".repeat(100_000)}`, /nested too deeply/],
    [`f("${"\\".repeat(99_999)}`, /quotation mark is missing/],
    ["\u0000\u0001(", /"\\u0000\\u0001\(" is not a call/],
  ])("%.40s is reported as not a call", (text, says) => {
    expect(() => parseCall(text)).toThrow(SyntaxFault);
    expect(() => parseCall(text)).toThrow(says);
  });

  test("quoted input in messages has no control characters and is short", () => {
    expect(quote("a\u001b[31mb")).toBe(`"a\\u001b[31mb"`);
    expect(quote("x".repeat(100))).toBe(`"${"x".repeat(40)}…"`);
  });

  test("unknown syntax is skipped in unused arguments", () => {
    expect(parseName("wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = 7")?.name).toBe("wait4");
    expect(parseName("no call")).toBeUndefined();
  });
});

describe("any text", () => {
  const pieces = fc.constantFrom(
    "f",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    " ",
    "=",
    "=>",
    '"',
    "\\",
    "|",
    "<",
    ">",
    "-",
    "1",
    "0x",
    "/*",
    "*/",
    "...",
    "é",
    "\u0000",
  );

  test("is a call or a syntax error, and throws nothing else", () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        try {
          parseCall(`f(${parts.join("")}`);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxFault);
        }
      }),
      { numRuns: caseCount(3000) },
    );
  });

  test("numbers are read as they were written", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.boolean(), (value, isHex) => {
        expect(argumentsOf(isHex ? `0x${value.toString(16)}` : String(value))).toEqual([number(value)]);
      }),
    );
  });
});
