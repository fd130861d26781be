import fc from "fast-check";
import { expect, test } from "vitest";
import { PageList } from "#pagewalk/index.js";

test("a list of pages behaves as an array with linear search", () => {
  const name = fc.constantFrom("pushFront", "pushBack", "popFront", "popBack", "remove", "has");
  const page = fc.oneof(fc.nat(9), fc.constant(2n ** 63n));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, page), { maxLength: 80 }), (calls) => {
      const list = new PageList();
      let model: (number | bigint)[] = [];
      for (const [call, page] of calls) {
        const others = model.filter((one) => one !== page);
        const was = others.length < model.length;
        if (call === "pushFront" || call === "pushBack") {
          list[call](page);
          model = call === "pushFront" ? [page, ...others] : [...others, page];
        } else if (call === "popFront") expect(list.popFront()).toBe(model.shift());
        else if (call === "popBack") expect(list.popBack()).toBe(model.pop());
        else {
          expect(list[call](page)).toBe(was);
          if (call === "remove") model = others;
        }
        expect([...list]).toEqual(model);
        expect([list.size, list.front, list.back]).toEqual([model.length, model[0], model.at(-1)]);
      }
    }),
  );
});
