/**
 * Results that must be equal in all environments: of a comparison in two threads, a replay, a report, a machine.
 * @param {typeof import("pagewalk")} library @param {typeof import("pagewalk/machine")} machines
 * @param {() => Promise<import("pagewalk").TraceInput>} input
 */
export async function probe({ compare, openTrace, replay, reportHtml }, { Machine }, input) {
  const options = { policies: ["lru", "sieve"], frames: [64, 256], jobs: 2 };
  const compared = await compare(await openTrace(await input()), options);
  const replayed = await replay(await openTrace(await input()), { memory: "256KiB", policy: "clock" });
  const html = await reportHtml(compared);
  const machine = await Machine.create({ arch: "sv39" });
  const { walk, fault } = machine.translate(0x401000n, "store");
  return JSON.stringify({
    misses: compared.results.map(({ policy, frames, misses }) => [policy, frames, misses]),
    faults: replayed.faults,
    report: html.startsWith("<!doctype html>") && html.includes("<script"),
    machine: [walk.map(({ level }) => level), fault],
  });
}
