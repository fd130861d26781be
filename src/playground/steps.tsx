/** The controls of what is stepped: from start to end, forward and back. */
import type { JSX } from "preact";
import { formatCount } from "../report/numbers.js";

interface StepsProps {
  /** The name of one step: Access, Request. */
  readonly noun: string;
  /** Steps done. */
  readonly at: { value: number };
  readonly total: number;
}

export function Steps({ noun, at, total }: StepsProps): JSX.Element {
  const isFirst = at.value === 0;
  const isLast = at.value >= total;
  const move = (to: number) => () => {
    at.value = to;
  };
  return (
    <p class="sets">
      <button type="button" disabled={isFirst} onClick={move(0)}>
        Start
      </button>
      <button type="button" disabled={isFirst} onClick={move(at.value - 1)}>
        Back
      </button>
      <button type="button" class="main" disabled={isLast} onClick={move(at.value + 1)}>
        Step
      </button>
      <button type="button" disabled={isLast} onClick={move(total)}>
        End
      </button>
      <label class="place">
        {noun}
        <input
          type="range"
          min={0}
          max={total}
          value={at.value}
          onInput={({ currentTarget }) => {
            at.value = Number(currentTarget.value);
          }}
        />
        {formatCount(at.value)} of {formatCount(total)}
      </label>
    </p>
  );
}
