/**
 * The address of the page, which names the view and its state, so that it can be shared:
 *
 *   …/#compare?trace=zipf&policies=lru+arc&frames=5%25
 *      └ view ┘ └────────── parameters ──────────────┘
 */
import { signal } from "@preact/signals";

export type Parameters = Readonly<Record<string, string>>;

interface Address {
  readonly view: string;
  readonly parameters: Parameters;
}

/** Sentences about names in the address that do not exist. */
export const misnamed = signal<readonly string[]>([]);

/** The item of that name; `first` without a name, and for an unknown one, of which `misnamed` then has a sentence. */
export function named<Item extends { readonly id: string }>(
  what: string,
  items: readonly Item[],
  name: string | undefined,
  first: Item,
): Item {
  const found = items.find(({ id }) => id === name);
  if (found !== undefined || name === undefined || name === "") return found ?? first;
  const text = `This address names the ${what} “${name}”, which does not exist; “${first.id}” is shown.`;
  misnamed.value = [...misnamed.peek(), text];
  return first;
}

/** The address as the reader gave it: by a link, the history, or the address bar. */
export const address = signal(read());

/** More text would make an address too long for some servers and messengers. */
export const MOST_TEXT = 1500;

addEventListener("hashchange", () => {
  misnamed.value = [];
  address.value = read();
});

function read(): Address {
  const [view = "", query = ""] = splitOnce(location.hash.slice(1));
  return { view, parameters: Object.fromEntries(new URLSearchParams(query)) };
}

function splitOnce(text: string): [before: string, after: string] {
  const at = text.indexOf("?");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** Calls `take` with the parameters of a view: now, and when the reader gives an address that has some. */
export function onAddress(view: string, take: (parameters: Parameters) => void): void {
  const now = address.peek();
  take(now.view === view ? now.parameters : {});
  addEventListener("hashchange", () => {
    const { view: other, parameters } = address.peek();
    if (other === view && Object.keys(parameters).length > 0) take(parameters);
  });
}

/** A place among steps. */
export function placeOf(text = "0"): number {
  return Math.max(0, Math.trunc(Number(text)) || 0);
}

/** The end of the address that opens a view in this state. */
export function hashOf(view: string, parameters: Parameters): string {
  const query = new URLSearchParams({ ...parameters }).toString();
  return `#${view}${query === "" ? "" : `?${query}`}`;
}

/** Writes a view's state into the address bar. The history gets no entry. */
export function keep(view: string, parameters: Parameters): void {
  history.replaceState(undefined, "", hashOf(view, parameters));
}
