/** The view Machine: one access after the other through TLBs, page tables and frames. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Fault } from "../fault.jsx";
import { AccessList, MachineChoice } from "./choice.jsx";
import { at, keepAddress } from "./form.js";
import { Frames } from "./frames.jsx";
import { Policy } from "./policy.jsx";
import { follow, problem, state } from "./run.js";
import { Stepping } from "./stepping.jsx";
import { Tables } from "./tables.jsx";
import { Tlbs } from "./tlbs.jsx";
import { Translation } from "./translation.jsx";

/** Options whose faults stand beside their fields. */
const PLACED = ["tlb", "memory"];

export function MachineView(): JSX.Element {
  useEffect(keepAddress, []);
  useEffect(follow, []);
  const now = state.value;
  const fault = PLACED.includes(problem.value?.option ?? "") ? undefined : problem.value;
  return (
    <>
      <h2>Step through a machine</h2>
      <p>
        Each access goes through the TLBs, walks the page tables if they miss, and brings its page into memory
        if it is not there. Step forward and back.
      </p>
      <div class="columns">
        <AccessList />
        <MachineChoice />
      </div>
      <Stepping />
      {fault && <Fault problem={fault} />}
      {now !== undefined && (
        <div class="state" aria-busy={now.at !== at.value}>
          <Translation last={now.last} arch={now.arch} />
          <Tlbs state={now} />
          <Tables state={now} />
          <Frames state={now} />
          <Policy state={now} />
        </div>
      )}
    </>
  );
}
