/** The frame around the views: heading, navigation, theme. */
import { effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { address, misnamed, named } from "./address.js";
import { Compare } from "./compare/view.jsx";
import { ExerciseView } from "./exercise/view.jsx";
import { MachineView } from "./machine/view.jsx";
import { ProcessView } from "./process/view.jsx";
import { Race } from "./race/view.jsx";
import { THEMES, type Theme, theme } from "./theme.js";

interface View {
  readonly id: string;
  readonly name: string;
  readonly Body: () => JSX.Element;
}

const COMPARE: View = { id: "compare", name: "Compare policies", Body: Compare };
const VIEWS: readonly View[] = [
  COMPARE,
  { id: "machine", name: "Step through a machine", Body: MachineView },
  { id: "process", name: "Run a process", Body: ProcessView },
  { id: "race", name: "Race policies", Body: Race },
  { id: "exercise", name: "Solve an exercise", Body: ExerciseView },
];

const shown = signal(COMPARE);

effect(() => {
  shown.value = named("view", VIEWS, address.value.view, COMPARE);
});

export function Shell(): JSX.Element {
  const view = shown.value;
  return (
    <>
      <header>
        <div>
          <h1>Pagewalk playground</h1>
          <p class="lead">Simulates memory management in this page. Nothing that you drop here leaves it.</p>
        </div>
        <ThemeChoice />
      </header>
      <nav aria-label="Views">
        <ul>
          {VIEWS.map(({ id, name }) => (
            <li key={id}>
              <a href={`#${id}`} aria-current={id === view.id ? "page" : undefined}>
                {name}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main>
        {misnamed.value.map((text) => (
          <p key={text} role="alert" class="fault">
            {text}
          </p>
        ))}
        <view.Body />
      </main>
      <footer>
        <p>
          The same engine as the command <code>pagewalk</code> and the npm package. Figures drawn by Apache
          ECharts.
        </p>
      </footer>
    </>
  );
}

function ThemeChoice(): JSX.Element {
  return (
    <label>
      Theme
      <select
        value={theme.value}
        onChange={({ currentTarget }) => {
          theme.value = currentTarget.value as Theme;
        }}
      >
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}
