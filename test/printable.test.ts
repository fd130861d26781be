import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "#pagewalk/errors.js";
import { printable, quote } from "#pagewalk/printable.js";

/** Characters that move a terminal's cursor, end a line, or reverse the direction of writing. */
const HARMFUL = ["\x1b[2J", "\x9b31m", "\x00", "\x07", "\x7f", "\u2028", "\u202e", "\ufeff", "\ud800"];
const anyText = fc.string({ unit: "binary", maxLength: 200 });

describe("text of the input in a message", () => {
  test("is one line of printing characters", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyText, fc.constantFrom(...HARMFUL, "\n", "\r\n  ")), { maxLength: 9 }),
        (parts) => {
          for (const shown of [printable(parts.join("")), quote(parts.join(""))]) {
            expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
          }
        },
      ),
    );
  });

  test("is unchanged if printable, and escaped as in JavaScript otherwise", () => {
    expect(printable("naïve café 頁 → 5 %")).toBe("naïve café 頁 → 5 %");
    expect(printable("a\x1b[31mb\tc\u{e0001}")).toBe("a\\u001b[31mb\\tc\\u{e0001}");
    expect(printable("one\n  two")).toBe("one two");
    expect(quote('say "\\n"\n')).toBe('"say \\"\\\\n\\"\\n"');
  });

  test("is truncated", () => {
    expect(quote("7".repeat(1000))).toBe(`"${"7".repeat(40)}…"`);
    expect(printable("x".repeat(100), 10)).toBe(`${"x".repeat(10)}…`);
  });
});

test("an error's message has no control characters of the input, and a bounded length", () => {
  const error = new InputError(`no number: ${"9".repeat(100_000)}`, "give\x1b]0;one\x07", "a\nb.csv:7");
  expect(error.message).toMatch(/^a b\.csv:7: no number: 9{100,500}…; give\\u001b\]0;one\\u0007$/);
  expect([error.problem, error.remedy, error.place]).not.toContainEqual(expect.stringMatching(/\p{Cc}/u));
});
