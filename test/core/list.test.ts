import fc from "fast-check";
import { expect, test } from "vitest";
import { caseCount } from "../build.js";
import { createStructures, type Structures, viewOf } from "../structures.js";

const LISTS = 3; // their sentinels are nodes 0, 1 and 2
const NODES = 12;
const NODE_BYTES = 16;
const PREVIOUS = 12; // of a node: the picture in core/list

/** Empty lists in an array of nodes, and its address. */
async function createLists(): Promise<{ structures: Structures; nodes: number }> {
  const structures = await createStructures();
  const nodes = structures.allocate(BigInt(NODE_BYTES * (LISTS + NODES)));
  for (let list = 0; list < LISTS; list++) structures.clearList(nodes, list);
  return { structures, nodes };
}

/** The nodes of a list, read by links in one direction. */
function walk(step: (node: number) => number, sentinel: number): number[] {
  const found: number[] = [];
  for (let node = step(sentinel); node !== sentinel && found.length <= NODES; node = step(node)) {
    found.push(node);
  }
  return found;
}

test("lists that share their nodes are arrays, read forwards and backwards", async () => {
  const operation = fc.tuple(
    fc.constantFrom("insert", "remove", "front"),
    fc.nat(LISTS - 1),
    fc.nat(NODES - 1).map((n) => LISTS + n),
    fc.nat(NODES),
  );
  const property = fc.asyncProperty(
    fc.array(operation, { maxLength: 80, size: "max" }),
    async (operations) => {
      const { structures, nodes } = await createLists();
      const lists: number[][] = Array.from({ length: LISTS }, () => []);
      for (const [kind, wanted, node, place] of operations) {
        const sentinel = lists.findIndex((list) => list.includes(node));
        const home = lists[sentinel];
        if (kind === "insert" && home === undefined) {
          const list = lists[wanted] as number[];
          const at = place % (list.length + 1);
          structures.insertAfter(nodes, list[at - 1] ?? wanted, node);
          list.splice(at, 0, node);
        } else if (kind === "remove" && home !== undefined) {
          structures.removeNode(nodes, node);
          home.splice(home.indexOf(node), 1);
        } else if (kind === "front" && home !== undefined) {
          structures.moveToFront(nodes, sentinel, node);
          home.unshift(...home.splice(home.indexOf(node), 1));
        }
        for (const [list, expected] of lists.entries()) {
          expect(walk((at) => structures.listNext(nodes, at), list)).toEqual(expected);
          expect(walk((at) => structures.listPrevious(nodes, at), list).reverse()).toEqual(expected);
          expect(structures.listLength(nodes, list, NODES)).toBe(expected.length);
          expect(structures.isListEmpty(nodes, list)).toBe(expected.length === 0);
          expect(structures.listFront(nodes, list)).toBe(expected[0] ?? list);
          expect(structures.listBack(nodes, list)).toBe(expected.at(-1) ?? list);
        }
      }
    },
  );
  await fc.assert(property, { numRuns: caseCount(20) });
});

test("a list that is too long, or whose links disagree, has a length above the limit", async () => {
  const { structures, nodes } = await createLists();
  for (const node of [3, 4, 5]) structures.insertAfter(nodes, 0, node);
  expect(structures.listLength(nodes, 0, 3)).toBe(3);
  expect(structures.listLength(nodes, 0, 2)).toBe(3);
  viewOf(structures).setUint32(nodes + 4 * NODE_BYTES + PREVIOUS, 3, true);
  expect(structures.listLength(nodes, 0, NODES)).toBe(NODES + 1);
});
