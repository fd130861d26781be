/** The choice of a machine, and the list of accesses. */
import { batch } from "@preact/signals";
import type { JSX } from "preact";
import { ARCHITECTURE_NAMES } from "../../../assembly/abi/names.js";
import { BeginningField, useBeginning } from "../beginning.jsx";
import { useDrop } from "../drop.js";
import { engine } from "../engine/client.js";
import { ChoiceField, TextField, useDraft } from "../fields.jsx";
import { policies } from "../policies.js";
import { EXAMPLES } from "./examples.js";
import { accesses, arch, at, mapped, memory, policy, tlb } from "./form.js";
import { problem } from "./run.js";

/** References of a trace that fill the list. */
const FIRST_REFERENCES = 200;

export function MachineChoice(): JSX.Element {
  const usable = policies.value.filter(({ needsFuture }) => !needsFuture).map(({ name }) => name);
  const names = usable.includes(policy.value) ? usable : [policy.value, ...usable];
  return (
    <section class="card" aria-labelledby="machine-title">
      <h3 id="machine-title">Machine</h3>
      <div class="fields">
        <ChoiceField id="arch" label="Architecture" value={arch} options={ARCHITECTURE_NAMES} />
        <ChoiceField id="policy" label="Replacement policy" value={policy} options={names} />
        <TextField
          id="memory"
          label="Memory (empty: as much as needed)"
          value={memory}
          problem={problem.value}
        />
        <TextField id="tlb" label="TLBs: name = entries x ways" value={tlb} problem={problem.value} />
      </div>
      <MappedPages />
    </section>
  );
}

function MappedPages(): JSX.Element {
  const draft = useDraft(mapped.value, (text) => {
    mapped.value = text;
  });
  return (
    <details open={mapped.value !== ""}>
      <summary>Mapped pages</summary>
      <div class="field">
        <label for="mapped">
          One a line: address, permissions (r, rw, rx, rwx), kernel if programs may not access it. Without
          any, each page is mapped when it is accessed.
        </label>
        <textarea id="mapped" rows={5} spellcheck={false} placeholder="0x400000 rw" {...draft} />
      </div>
    </details>
  );
}

/** A new list begins at its start. */
function choose(text: string): void {
  batch(() => {
    accesses.value = text;
    at.value = 0;
  });
}

export function AccessList(): JSX.Element {
  const draft = useDraft(accesses.value, choose);
  const beginning = useBeginning((source) => engine.firstAccesses(source, FIRST_REFERENCES), choose);
  const drop = useDrop(beginning.takeFile);
  return (
    <section {...drop} aria-labelledby="accesses-title">
      <h3 id="accesses-title">Accesses</h3>
      <p class="sets">
        {EXAMPLES.map(({ id, name, about, accesses: text }) => (
          <button
            key={id}
            type="button"
            title={about}
            aria-pressed={accesses.value === text}
            onClick={() => choose(text)}
          >
            {name}
          </button>
        ))}
        <button
          type="button"
          title="the first references of a recorded C program"
          onClick={() => beginning.take({ kind: "example", id: "wordcount" })}
        >
          Word count
        </button>
      </p>
      <p>{EXAMPLES.find(({ accesses: text }) => text === accesses.value)?.about}</p>
      <div class="fields">
        <div class="field">
          <label for="accesses">One a line: load, store, modify or fetch, address, bytes</label>
          <textarea id="accesses" rows={6} spellcheck={false} {...draft} />
        </div>
        <BeginningField
          id="machine-file"
          label={`Or the first ${FIRST_REFERENCES} references of a trace, dropped here or picked`}
          beginning={beginning}
        />
      </div>
    </section>
  );
}
