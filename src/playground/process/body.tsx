/** The body of the view Process. It has the editor and the examples, and is loaded when the view is opened. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Fault } from "../fault.jsx";
import { About } from "./about.jsx";
import { ExampleChoice, SystemChoice } from "./choice.jsx";
import { OPTIONS } from "./examples.js";
import { at, keepAddress } from "./form.js";
import { Heap } from "./heap.jsx";
import { Log } from "./log.jsx";
import { AddressSpace } from "./map.jsx";
import { follow, problem, run, state } from "./run.js";
import { Stack } from "./stack.jsx";
import { FaultLine, Stepping } from "./stepping.jsx";

export function Body(): JSX.Element {
  useEffect(keepAddress, []);
  useEffect(follow, []);
  const now = state.value;
  const hasPlace = OPTIONS.some((option) => option === problem.value?.option);
  return (
    <>
      <ExampleChoice />
      <SystemChoice />
      {problem.value !== undefined && !hasPlace && <Fault problem={problem.value} />}
      <div class="process">
        <Log />
        <div class="state" aria-busy={now === undefined || now.at !== at.value || now.of !== run.value}>
          <Stepping />
          <FaultLine />
          {now !== undefined && (
            <>
              {now.heap !== undefined && <Heap heap={now.heap} />}
              <AddressSpace state={now} />
              {now.stack !== undefined && <Stack stack={now.stack} regions={now.regions} />}
            </>
          )}
        </div>
      </div>
      <About />
    </>
  );
}
