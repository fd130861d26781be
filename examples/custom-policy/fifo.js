/** First in, first out: the page that entered first goes. The shortest policy there is. */

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
