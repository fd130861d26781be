/** The controls of a figure: switches and lists, as its `follows` names them. */
import { CHARGE_MEASURES } from "../charges-data.js";
import type { TraceReport } from "../data.js";
import { spansFar } from "../figures/axes.js";
import type { Choice, Figure } from "../figures/figure.js";
import { unique } from "../groups.js";
import { formatBytes, formatCount } from "../numbers.js";

type Choose = (change: Partial<Choice>) => void;

export function controlsOf(
  figure: Figure,
  trace: TraceReport,
  choice: Choice,
  choose: Choose,
): HTMLElement[] {
  const follows = (key: keyof Choice) => figure.follows.includes(key);
  const controls: HTMLElement[] = [];
  if (follows("frames")) controls.push(framesList(trace, choice, choose));
  if (
    follows("logFrames") &&
    spansFar(trace.curves.flatMap(({ points }) => points.map((one) => one.frames)))
  ) {
    controls.push(tick("log frames", choice.logFrames, (logFrames) => choose({ logFrames })));
  }
  if (follows("logRatio"))
    controls.push(tick("log miss ratio", choice.logRatio, (logRatio) => choose({ logRatio })));
  if (follows("logTime"))
    controls.push(tick("log miss ratio", choice.logTime, (logTime) => choose({ logTime })));
  if (follows("logShare")) {
    controls.push(tick("log share", choice.logShare, (logShare) => choose({ logShare })));
  }
  if (follows("beyondBest")) {
    controls.push(
      list("Colour by", ["miss ratio", "beyond the best"], Number(choice.beyondBest), (index) =>
        choose({ beyondBest: index === 1 }),
      ),
    );
  }
  if (follows("reuseBy") && (trace.reuse?.reuseTimes?.length ?? 0) > 0) {
    controls.push(
      list("By", ["stack distance", "time"], choice.reuseBy === "time" ? 1 : 0, (index) =>
        choose({ reuseBy: index === 1 ? "time" : "distance" }),
      ),
    );
  }
  controls.push(...heapControls(follows, trace, choice, choose));
  controls.push(...chargeControls(follows, trace, choice, choose));
  return controls;
}

/** Measures whose total is not 0. */
function chargeControls(
  follows: (key: keyof Choice) => boolean,
  { charges }: TraceReport,
  choice: Choice,
  choose: Choose,
): HTMLElement[] {
  const measures = CHARGE_MEASURES.filter((measure) => (charges?.total[measure] ?? 0) > 0);
  if (!follows("charge") || measures.length < 2) return [];
  return [
    list("In", measures, measures.indexOf(choice.charge), (index) =>
      choose({ charge: measures[index] ?? choice.charge }),
    ),
  ];
}

const HEAP_BYTES = ["heap", "resident"] as const;
const FRAGMENTATIONS = ["external", "internal", "both"] as const;

function heapControls(
  follows: (key: keyof Choice) => boolean,
  { heap }: TraceReport,
  choice: Choice,
  choose: Choose,
): HTMLElement[] {
  const controls: HTMLElement[] = [];
  if (follows("allocator")) {
    const names = heap?.maps.map(({ allocator }) => allocator) ?? [];
    controls.push(
      list("Of", names, names.indexOf(choice.allocator), (index) =>
        choose({ allocator: names[index] ?? choice.allocator }),
      ),
    );
  }
  if (follows("heapBytes")) {
    controls.push(
      list("Bytes", ["from the system", "in memory"], HEAP_BYTES.indexOf(choice.heapBytes), (index) =>
        choose({ heapBytes: HEAP_BYTES[index] ?? "heap" }),
      ),
    );
  }
  if (follows("fragmentation")) {
    controls.push(
      list("Which", FRAGMENTATIONS, FRAGMENTATIONS.indexOf(choice.fragmentation), (index) =>
        choose({ fragmentation: FRAGMENTATIONS[index] ?? "external" }),
      ),
    );
  }
  return controls;
}

function framesList(trace: TraceReport, choice: Choice, choose: Choose): HTMLElement {
  const frames = unique(trace.timelines?.runs.map((run) => run.frames) ?? []).sort((a, b) => a - b);
  const { pageSize } = trace;
  const names = frames.map((count) => {
    const size = pageSize === undefined ? "" : `, ${formatBytes(count * pageSize)}`;
    return `${formatCount(count)} frames${size}`;
  });
  return list("At", names, frames.indexOf(choice.frames), (index) => choose({ frames: frames[index] ?? 0 }));
}

function list(label: string, names: readonly string[], chosen: number, onChange: (index: number) => void) {
  const select = document.createElement("select");
  for (const name of names) select.append(new Option(name));
  select.selectedIndex = chosen;
  select.addEventListener("change", () => onChange(select.selectedIndex));
  return labelled(label, [document.createTextNode(`${label} `), select]);
}

function tick(label: string, isOn: boolean, onChange: (isOn: boolean) => void) {
  const box = document.createElement("input");
  box.type = "checkbox";
  box.checked = isOn;
  box.addEventListener("change", () => onChange(box.checked));
  return labelled(label, [box, document.createTextNode(` ${label}`)]);
}

function labelled(title: string, parts: readonly Node[]): HTMLElement {
  const label = document.createElement("label");
  label.title = title;
  label.append(...parts);
  return label;
}
