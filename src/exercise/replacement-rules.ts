/**
 * The rules of replacement policies in a sentence, and the reason why a page was evicted. The rules are those of
 * docs/policies.md; the simulation applies them, and this file only describes its victims.
 */

/** An eviction. Requests count from 0. */
interface Eviction {
  /** The request that needs the frame. */
  readonly at: number;
  /** The request with which the victim entered. */
  readonly entered: number;
  readonly requests: readonly string[];
}

interface Rule {
  /** After "it evicts". */
  readonly text: string;
  /** Why `page` is the victim. */
  victim(page: string, eviction: Eviction): string;
}

const lastUse = (page: string, { at, requests }: Eviction) => requests.slice(0, at).lastIndexOf(page) + 1;

const byHand: Rule["victim"] = (page) => `page ${page} is the first that the hand finds with R clear`;

export const RULES: Readonly<Record<string, Rule>> = {
  fifo: {
    text: "the page that entered first",
    victim: (page, { entered }) => `page ${page} entered first, with request ${entered + 1}`,
  },
  lru: {
    text: "the page requested longest ago",
    victim: (page, eviction) =>
      `page ${page} was requested longest ago, by request ${lastUse(page, eviction)}`,
  },
  mru: {
    text: "the page requested last",
    victim: (page, eviction) => `page ${page} was requested last, by request ${lastUse(page, eviction)}`,
  },
  lfu: {
    text: "the page requested least often since it entered, and of several the one requested longest ago",
    victim: (page, { at, entered, requests }) => {
      const times = requests.slice(entered, at).filter((one) => one === page).length;
      return `page ${page} has the fewest requests since it entered (${times})`;
    },
  },
  clock: {
    text:
      "the page at the hand if its R bit is clear, else clears the bit and moves the hand on; " +
      "a page enters behind the hand with R clear, and a hit sets R",
    victim: byHand,
  },
  "clock:referenced=1": {
    text:
      "the page at the hand if its R bit is clear, else clears the bit and moves the hand on; " +
      "a page enters behind the hand with R set, and a hit sets R",
    victim: byHand,
  },
  opt: {
    text: "the page whose next request is furthest ahead",
    victim: (page, { at, requests }) => {
      const next = requests.indexOf(page, at);
      return `page ${page} is requested again last, by request ${next + 1}`;
    },
  },
};
