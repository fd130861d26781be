/** What a heap log shows by itself: blocks that were never freed, and frees of what was not in use. */
import { UsageError } from "../errors.js";
import type { HeapResult } from "../heap/heap.js";
import { nearest } from "../nearest.js";
import type { Style } from "./style.js";

const SHOWN = ["leaks", "errors"] as const;
export type ShownOfLog = (typeof SHOWN)[number];

/** Reads `leaks,errors`. Throws `UsageError`. */
export function parseShow(list = ""): ShownOfLog[] {
  return list
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "")
    .map((word) => {
      const known = SHOWN.find((one) => one === word);
      if (known !== undefined) return known;
      throw new UsageError(
        `a log has no "${word}" to show`,
        `did you mean ${nearest(word, SHOWN)}? There are ${SHOWN.join(", ")}`,
        "--show",
      );
    });
}

export function showLog(_result: HeapResult, _shown: readonly ShownOfLog[], _style: Style): string {
  return "";
}
