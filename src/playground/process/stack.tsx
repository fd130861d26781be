/** The stack of the first thread: how far it is used, and how far it may grow. */
import type { JSX } from "preact";
import { formatBytes } from "../../report/numbers.js";
import type { RegionState, StackState } from "../engine/process-state.js";
import { hex } from "../machine/hex.js";
import { Term } from "./about.jsx";

/** RLIM_INFINITY. */
const UNLIMITED = 2n ** 64n - 1n;

interface StackProps {
  readonly stack: StackState;
  readonly regions: readonly RegionState[];
}

export function Stack({ stack, regions }: StackProps): JSX.Element | null {
  const { pointer, limitBytes } = stack;
  const region = regions.find(({ start, end }) => start <= pointer && pointer <= end);
  if (region === undefined) return null;
  const { start, end, majorFaults, minorFaults } = region;
  const limit = limitBytes === UNLIMITED ? "no limit" : formatBytes(Number(limitBytes));
  const rows = [
    ["end", "the first address above the stack", hex(end)],
    ["pointer", "the stack pointer: calls and alloca move it down", hex(pointer)],
    ["in use", "from the stack pointer to the end", formatBytes(Number(end - pointer))],
    [
      "region",
      "the memory that the stack has, from its lowest address on",
      `${formatBytes(Number(end - start))} from ${hex(start)}`,
    ],
    [
      "limit",
      "the size that the region may have (ulimit -s); below it an access is a segmentation fault",
      limit,
    ],
    ["faults", "page faults in the stack: they make the region grow", `${minorFaults + majorFaults}`],
  ] as const;
  return (
    <section class="card" aria-labelledby="stack-title">
      <h3 id="stack-title">Stack</h3>
      <dl class="counters">
        {rows.map(([name, about, value]) => (
          <div key={name}>
            <dt>
              <Term about={about}>{name}</Term>
            </dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
