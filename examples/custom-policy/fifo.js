/** First in, first out: evicts the page that entered first. The shortest possible policy. */

/** @type {import("pagewalk").PolicyDefinition} */
export default {
  name: "my-fifo",
  create({ list }) {
    const queue = list();
    return {
      insert: (page) => queue.pushBack(page),
      evict: () => queue.popFront(),
    };
  },
};
