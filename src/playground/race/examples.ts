/** Reference strings on which policies part. */

export interface Example {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  readonly requests: string;
  readonly frames: string;
}

/** The string `times` times. */
function repeated(text: string, times: number): string {
  return Array.from({ length: times }, () => text).join(" ");
}

export const EXAMPLES: readonly Example[] = [
  {
    id: "textbook",
    name: "Textbook",
    about: "the reference string of Silberschatz, Galvin and Gagne, Operating System Concepts",
    requests: "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1",
    frames: "3",
  },
  {
    id: "belady",
    name: "Belady’s anomaly",
    about: "with 4 frames, FIFO misses more than with 3",
    requests: "1 2 3 4 1 2 5 1 2 3 4 5",
    frames: "4",
  },
  {
    id: "loop",
    name: "Loop",
    about: "five pages in turn, four frames: LRU always evicts the page that comes next",
    requests: repeated("1 2 3 4 5", 5),
    frames: "4",
  },
  {
    id: "scan",
    name: "Scan",
    about: "two pages are used again and again, with a scan of others in between",
    requests: "1 2 1 2 1 2 10 11 12 13 1 2 1 2 14 15 16 17 1 2 1 2",
    frames: "4",
  },
];

/** The usual one. */
export const FIRST = EXAMPLES[0] as Example;
