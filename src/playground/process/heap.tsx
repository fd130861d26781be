/** The heap: its chunks in order, and the lists of the free ones. */
import type { JSX } from "preact";
import { formatBytes, formatCount } from "../../report/numbers.js";
import type { HeapState } from "../engine/process-state.js";
import { hex } from "../machine/hex.js";
import { Term } from "./about.jsx";
import { type Cell, Strip } from "./strip.jsx";

type Chunk = HeapState["chunks"][number];

const STATES: Readonly<Record<Chunk["state"], string>> = {
  used: "a block of the program, with its header",
  free: "free, in a list of the allocator",
  cached: "freed, and kept for the next request of its size",
  top: "the free end of the heap, from which new chunks are cut",
  meta: "the allocator’s own data",
  mapped: "a block with a mapping of its own",
};

const LISTS: readonly (readonly [begins: string, about: string])[] = [
  ["tcache", "the thread’s own cache, one list a size, last in first out"],
  ["fast", "a fast bin: small chunks, not joined with their neighbours"],
  ["unsorted", "the unsorted bin: freed chunks that no request has looked at yet"],
  ["small", "a small bin: chunks of one size, first in first out"],
  ["large", "a large bin: chunks of a range of sizes, by size"],
];

const COLUMNS = {
  chunk: "the address of the chunk, at which its header begins",
  bytes: "bytes of the chunk, with its header",
  state: "what the chunk is for; the legend above explains each state",
  list: "the free list that has the chunk",
} as const;

/** Pixels of a chunk, by its bytes. */
const LEAST_WIDTH = 10;
const WIDTH_PER_DOUBLING = 6;
const LEAST_BYTES = 16;

export function Heap({ heap }: { heap: HeapState }): JSX.Element {
  const { counts, chunks, chunkCount, lists } = heap;
  const kinds = [...new Set(chunks.map(({ state }) => state))];
  return (
    <section class="card" aria-labelledby="heap-title">
      <h3 id="heap-title">
        Heap{" "}
        <Term about="the allocator that serves malloc; System has others">
          <small>{counts.allocator}</small>
        </Term>
      </h3>
      <ul class="legend-of-pages" aria-label="Chunks">
        {kinds.map((kind) => (
          <li key={kind}>
            <span class={`cell ${kind}`} />
            <Term about={STATES[kind]}>{kind}</Term>
          </li>
        ))}
      </ul>
      {chunks.length > 0 && <Strip class="chunks" label="Chunks of the heap" cells={chunks.map(chunkCell)} />}
      {chunkCount > chunks.length && <p>{formatCount(chunkCount - chunks.length)} more are not shown.</p>}
      <h4>Free lists</h4>
      {lists.length === 0 ? <p>All are empty.</p> : <Lists lists={lists} />}
      <details>
        <summary>{formatCount(chunks.length)} chunks in a table</summary>
        <Chunks chunks={chunks} />
      </details>
    </section>
  );
}

function chunkCell({ address, bytes, state, list }: Chunk): Cell {
  const where = list === undefined ? "" : `, in list ${list}`;
  return {
    kind: state,
    about: `chunk of ${formatBytes(bytes)} at ${hex(address)}: ${state}${where} (${STATES[state]})`,
    width: Math.round(LEAST_WIDTH + WIDTH_PER_DOUBLING * Math.max(0, Math.log2(bytes / LEAST_BYTES))),
  };
}

function Lists({ lists }: Pick<HeapState, "lists">): JSX.Element {
  return (
    <ul class="lists">
      {lists.map(({ list, arena, chunks }) => (
        <li key={`${arena} ${list}`}>
          <Term about={aboutList(list)}>{arena === 0 ? list : `${list}, arena ${arena}`}</Term>
          {chunks.map(({ address, bytes }) => (
            <Term key={`${address}`} about={`a free chunk of ${formatBytes(bytes)} at ${hex(address)}`}>
              <code>{hex(address)}</code>
            </Term>
          ))}
        </li>
      ))}
    </ul>
  );
}

function aboutList(list: string): string {
  const [, about = "a list of free chunks"] = LISTS.find(([begins]) => list.startsWith(begins)) ?? [];
  return `${about}; the next chunk of the list stands first`;
}

function Chunks({ chunks }: Pick<HeapState, "chunks">): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling part must be reachable by keys.
    <section class="scroll" tabIndex={0} aria-label="Chunks in a table">
      <table class="numbers">
        <thead>
          <tr>
            {Object.entries(COLUMNS).map(([head, about]) => (
              <th scope="col" key={head}>
                <Term about={about}>{head}</Term>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {chunks.map(({ address, bytes, state, list }) => (
            <tr key={`${address}`}>
              <th scope="row">{hex(address)}</th>
              <td>{formatCount(bytes)}</td>
              <td>{state}</td>
              <td>{list ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
