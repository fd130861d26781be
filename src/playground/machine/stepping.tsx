/** The controls that step, and what the last access did. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { formatBytes } from "../../report/numbers.js";
import type { LastAccess, MachineState } from "../engine/machine.js";
import { Steps } from "../steps.jsx";
import { at } from "./form.js";
import { hex } from "./hex.js";
import { runTo, state } from "./run.js";

/** The address of the break. */
const wanted = signal("");

export function Stepping(): JSX.Element {
  const total = state.value?.total ?? 0;
  const isLast = at.value >= total;
  return (
    <section class="card stepping" aria-labelledby="stepping-title">
      <h3 id="stepping-title">Steps</h3>
      <Steps noun="Access" at={at} total={total} />
      <p class="sets">
        Run to the next
        <button type="button" disabled={isLast} onClick={() => runTo({ at: "walk" })}>
          TLB miss
        </button>
        <button type="button" disabled={isLast} onClick={() => runTo({ at: "fault" })}>
          Fault
        </button>
        <button type="button" disabled={isLast} onClick={() => runTo({ at: "eviction" })}>
          Eviction
        </button>
        <label>
          or access of
          <input
            type="text"
            size={16}
            placeholder="0x10400"
            spellcheck={false}
            value={wanted.value}
            onInput={({ currentTarget }) => {
              wanted.value = currentTarget.value;
            }}
          />
        </label>
        <button
          type="button"
          disabled={isLast || wanted.value.trim() === ""}
          onClick={() => runTo({ at: "address", address: wanted.value })}
        >
          Address
        </button>
      </p>
      <p role="status" class="outcome">
        {state.value && outcomeOf(state.value)}
      </p>
    </section>
  );
}

function outcomeOf({ last, total }: MachineState): string {
  if (last !== undefined) return `${callOf(last)}: ${wordsOf(last).join("; ")}.`;
  return total === 0 ? "The list has no access." : "Nothing has been accessed.";
}

function callOf({ access: { kind, address, bytes } }: LastAccess): string {
  return `${kind} of ${bytes} B at ${hex(address)}`;
}

const FAULTS = {
  minor: "minor fault, the page is new",
  major: "major fault, the page came from swap",
  protection: "protection fault",
  segmentation: "segmentation fault",
  "out-of-memory": "memory is full",
  "out-of-swap": "swap is full",
} as const;

function wordsOf({ result, evicted }: LastAccess): string[] {
  const { tlbLevel, fault, physicalAddress, pageSize } = result;
  return [
    tlbLevel === undefined ? "TLB miss, the page tables were walked" : `TLB hit at level ${tlbLevel}`,
    ...(fault === undefined ? [] : [FAULTS[fault]]),
    ...(evicted.length === 0 ? [] : [`evicted: ${evicted.map(hex).join(", ")}`]),
    physicalAddress === undefined || pageSize === undefined
      ? "no physical address"
      : `physical address ${hex(physicalAddress)}, in a page of ${formatBytes(pageSize)}`,
  ];
}
