/** Physical memory, frame by frame, and the machine's counters. */
import type { FrameView } from "pagewalk";
import type { JSX } from "preact";
import { formatCount } from "../../report/numbers.js";
import type { MachineState } from "../engine/machine.js";
import { hex } from "./hex.js";

/** Limit on the frames that are shown. */
const MOST_FRAMES = 256;

const COUNTERS = {
  walks: "page walks",
  entriesRead: "entries read",
  minor: "minor faults",
  major: "major faults",
  evictions: "evictions",
  writebacks: "writebacks",
  swapIns: "swap-ins",
  distinctPages: "distinct pages",
} as const;

export function Frames({ state }: { state: MachineState }): JSX.Element {
  const { frames, frameCounts, counters, last } = state;
  const used = frames.filter(({ state: one }) => one !== "free");
  const shown = frames.length <= MOST_FRAMES ? frames : used.slice(0, MOST_FRAMES);
  const leaf = last?.result.walk.at(-1);
  const current = leaf?.leaf ? leaf.frame : undefined;
  return (
    <section class="card" aria-labelledby="frames-title">
      <h3 id="frames-title">Memory</h3>
      <p>
        {formatCount(frameCounts.used)} of {formatCount(frameCounts.total)} frames in use,{" "}
        {formatCount(frameCounts.tables)} of them by page tables
        {shown.length < frames.length ? `; ${shown.length} are shown` : ""}
      </p>
      <ol class="frames" aria-label="Frames">
        {shown.map((frame) => (
          <Frame key={frame.frame} frame={frame} isCurrent={frame.frame === current} />
        ))}
      </ol>
      <dl class="counters">
        {Object.entries(COUNTERS).map(([key, name]) => (
          <div key={key}>
            <dt>{name}</dt>
            <dd>{formatCount(counters[key as keyof typeof COUNTERS])}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Frame({ frame, isCurrent }: { frame: FrameView; isCurrent: boolean }): JSX.Element {
  const { frame: number, order, state, page } = frame;
  const count = 2 ** order;
  const range = count === 1 ? `${number}` : `${number}–${number + count - 1}`;
  return (
    <li class={`frame ${state}${isCurrent ? " current" : ""}`} aria-current={isCurrent ? "true" : undefined}>
      <small>{range}</small>
      {page === undefined ? <span>{state}</span> : <code>{hex(page.address)}</code>}
    </li>
  );
}
