/** Least recently used: evicts the page that was requested longest ago. */

/** @type {import("pagewalk").PolicyDefinition} */
export default {
  name: "my-lru",
  create({ list }) {
    const stack = list();
    return {
      hit: (page) => stack.pushFront(page), // a page is in a list once: this moves it
      insert: (page) => stack.pushFront(page),
      evict: () => stack.popBack(),
    };
  },
};
