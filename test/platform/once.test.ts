import { expect, test } from "vitest";
import { once } from "#pagewalk/platform/once.js";

test("a result is made once, also for callers at the same time", async () => {
  let made = 0;
  const get = once(async () => ++made);
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  expect(await get()).toBe(1);
});

test("a failure is not kept", async () => {
  let tries = 0;
  const get = once(async () => {
    if (++tries === 1) throw new Error("not yet");
    return tries;
  });
  await expect(get()).rejects.toThrow("not yet");
  expect([await get(), await get()]).toEqual([2, 2]);
});
