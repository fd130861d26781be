/** Results without what the clock measured. */

/** A JSON document, a table or comma-separated values of `compare`, with all times zero. */
export function withoutTimes(text: string): string {
  const [head = "", ...rows] = text.split("\n");
  if (head.startsWith("trace,")) return [head, ...rows.map((row) => withoutColumns(row, head))].join("\n");
  return text
    .replaceAll(/("(?:seconds|requestsPerSecond)": )[\d.e+-]+/g, "$10")
    .replace(/\S+ \S+ in the engine at .* requests a second\n$/, "0 s in the engine\n");
}

/** The names and values of traces and policies have no commas here. */
function withoutColumns(row: string, head: string): string {
  const names = head.split(",");
  return row
    .split(",")
    .map((value, n) => (/^(seconds|requestsPerSecond)$/.test(names[n] ?? "") ? "0" : value))
    .join(",");
}
