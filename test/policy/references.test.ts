/** The table of references in docs/policies.md: every policy has a row, and the recordings give it again. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { policies } from "#pagewalk/policy/policies.js";
import {
  FOLDER,
  measureReferences,
  referencedPolicies,
  TABLE,
  withReferences,
} from "../../bench/references.js";
import { isDebug } from "../build.js";

const text = await readFile(TABLE, "utf8");

test("every policy has a row, or is named among those that only naive models are compared with", async () => {
  const sentence = /Only naive models in the tests are references of ([^.]*)\./.exec(text)?.[1] ?? "";
  const modelled = [...sentence.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
  const names = (await policies()).map(({ name }) => name);
  expect([...referencedPolicies(text), ...modelled].sort()).toEqual([...names].sort());
});

const recordings = FOLDER ?? "";
const note = recordings === "" ? " (skipped: PAGEWALK_TRACES does not name their folder)" : "";

test.skipIf(recordings === "" || isDebug)(`the recordings give the table again${note}`, async () => {
  expect(text, "write the table with: node bench/references.js").toBe(
    withReferences(text, await measureReferences(recordings)),
  );
});
