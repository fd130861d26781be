/** The state of the replacement policy: its lists, with the pages in memory and the ghosts, and its next victim. */
import type { HeldPage, PolicyList } from "pagewalk";
import type { JSX } from "preact";
import { formatCounted } from "../../report/numbers.js";
import type { MachineState } from "../engine/machine.js";
import { hex } from "./hex.js";

/** Limit on the pages of a list that are shown. */
const MOST_PAGES = 64;

export function Policy({ state }: { state: MachineState }): JSX.Element {
  const { policy, policyLists, nextVictim, last } = state;
  const victim = nextVictim?.address;
  const isCurrent = ({ address }: HeldPage) => address === last?.page;
  return (
    <section class="card" aria-labelledby="policy-title">
      <h3 id="policy-title">Replacement policy: {policy}</h3>
      {policyLists.length === 0 ? (
        <p>It holds no page yet, or memory is unlimited and nothing is evicted.</p>
      ) : (
        <p>
          Each list from its front to its back. Ghosts are remembered, not in memory.
          {victim !== undefined && ` If a frame were needed now, ${hex(victim)} would be evicted.`}
        </p>
      )}
      <dl class="lists">
        {policyLists.map((list) => (
          <List key={list.name} list={list} victim={victim} isCurrent={isCurrent} />
        ))}
      </dl>
    </section>
  );
}

interface ListProps {
  readonly list: PolicyList;
  readonly victim: bigint | undefined;
  readonly isCurrent: (page: HeldPage) => boolean;
}

function List({ list: { name, pages }, victim, isCurrent }: ListProps): JSX.Element {
  const rest = pages.length - MOST_PAGES;
  return (
    <div>
      <dt>
        {name} <small>{formatCounted(pages.length, "page")}</small>
      </dt>
      <dd>
        <ol class="entries" aria-label={`List ${name}`}>
          {pages.slice(0, MOST_PAGES).map((page) => (
            <Held
              key={page.address}
              page={page}
              isVictim={page.address === victim}
              isCurrent={isCurrent(page)}
            />
          ))}
        </ol>
        {rest > 0 && <p>and {rest} more</p>}
      </dd>
    </div>
  );
}

interface HeldProps {
  readonly page: HeldPage;
  readonly isVictim: boolean;
  readonly isCurrent: boolean;
}

function Held({ page, isVictim, isCurrent }: HeldProps): JSX.Element {
  const { address, isGhost, marks } = page;
  const words = [...(isGhost ? ["ghost"] : []), ...marks, ...(isVictim ? ["next victim"] : [])];
  const classes = ["entry", isGhost && "ghost", isVictim && "victim", isCurrent && "current"];
  return (
    <li class={classes.filter(Boolean).join(" ")} aria-current={isCurrent ? "true" : undefined}>
      <code>{hex(address)}</code>
      {words.length > 0 && <small>{words.join(", ")}</small>}
    </li>
  );
}
