import { describe, expect, test } from "vitest";
import { parametersOf } from "#pagewalk/custom/definition.js";
import { definePolicy, InputError, type PolicyDefinition } from "#pagewalk/index.js";
import { checkHooks } from "#pagewalk/policy/custom/definition.js";

const create = () => ({ insert() {}, evict: () => 1 });
const define = (definition: unknown) => definePolicy(definition as PolicyDefinition);

describe("definePolicy", () => {
  test("returns its argument, with the parameters' names in the types", () => {
    const definition = {
      name: "windowed",
      parameters: { window: 3, share: { default: 0.5, most: 1 } },
      create({ parameters }: { parameters: { readonly window: number; readonly share: number } }) {
        return { insert() {}, evict: () => parameters.window + parameters.share };
      },
    };
    expect(definePolicy(definition)).toBe(definition);
    const typed = definePolicy({
      name: "typed",
      parameters: { window: 3 },
      create({ parameters }) {
        // @ts-expect-error there is no such parameter
        const wrong = parameters.widow;
        return { insert() {}, evict: () => wrong ?? parameters.window };
      },
    });
    expect(typed.name).toBe("typed");
  });

  test("treats a number as a default, of a whole parameter if the number is whole", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const parameters = { a: 3, b: 0.5, c: { default: 2, least: -1 }, d: { default: 2, isWhole: true } };
    expect(parametersOf({ name: "p", parameters, create })).toEqual([
      { name: "a", default: 3, least: 0, most, isWhole: true },
      { name: "b", default: 0.5, least: 0, most, isWhole: false },
      { name: "c", default: 2, least: -1, most, isWhole: false },
      { name: "d", default: 2, least: 0, most, isWhole: true },
    ]);
  });

  test.each<[unknown, string]>([
    [undefined, "a policy cannot be undefined"],
    [3, "a policy cannot be the number 3"],
    [[], "a policy cannot be an array"],
    [() => 3, "a policy cannot be a function"],
    [
      { name: "x", create, needsFuture: true },
      'a policy has an unknown property "needsFuture"; known are name, para',
    ],
    [{ create }, "the policy's name cannot be undefined"],
    [{ name: "", create }, `the policy's name cannot be ""`],
    [{ name: "a\nb", create }, `the policy's name cannot be "a\\nb"`],
    [{ name: "x".repeat(41), create }, "the policy's name cannot be"],
    [{ name: "x" }, "the policy's create cannot be undefined"],
    [{ name: "x", create: async () => create() }, "the policy's create cannot be an async function"],
    [{ name: "x", create, parameters: 3 }, "the policy's parameters cannot be the number 3"],
    [{ name: "x", create, parameters: { "a b": 3 } }, 'a parameter cannot be called "a b"'],
    [
      { name: "x", create, parameters: { a: "3" } },
      "the default of the parameter a is not a number from 0 to",
    ],
    [{ name: "x", create, parameters: { a: null } }, "the default of the parameter a is not a number"],
    [{ name: "x", create, parameters: { a: Number.NaN } }, "the default of the parameter a is not a number"],
    [
      { name: "x", create, parameters: { a: { default: 3, most: 2 } } },
      "is not a number from 0 to 2; give one",
    ],
    [{ name: "x", create, parameters: { a: { default: 0.5, isWhole: true } } }, "is not a whole number from"],
  ])("refuses %o", (definition, says) => {
    expect(() => define(definition)).toThrow(InputError);
    expect(() => define(definition)).toThrow(says);
  });
});

test.each<[unknown, string]>([
  [undefined, "create returns undefined"],
  [Promise.resolve(), "the hook insert is missing"],
  [{ evict() {} }, "the hook insert is missing"],
  [{ insert() {} }, "the hook evict is missing"],
  [{ insert() {}, evict() {}, hit: 3 }, "the hook hit is the number 3"],
  [{ insert() {}, async evict() {} }, "the hook evict is an async function or a generator"],
  [{ insert() {}, *evict() {} }, "the hook evict is an async function or a generator"],
])("hooks cannot be %o", (hooks, says) => {
  expect(() => checkHooks(hooks, "policy x")).toThrow(`policy x: ${says}`);
});
