/** The view Process: a call log, edited and run call by call. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type * as Loaded from "./body.jsx";

const loaded = signal<typeof Loaded | undefined>(undefined);

export function ProcessView(): JSX.Element {
  useEffect(() => {
    import("./body.jsx").then((body) => {
      loaded.value = body;
    });
  }, []);
  const body = loaded.value;
  return (
    <>
      <h2>Run a process, call by call</h2>
      <p>
        Edit the log, or step through it: each call changes the regions, pages and heap of the process, as
        Linux does it.
      </p>
      {body === undefined ? <p role="status">Loading …</p> : <body.Body />}
    </>
  );
}
