/** Work that several lanes share, each taking the next part when it is free. */

/**
 * Runs `work` in `lanes` concurrently, each repeatedly until it returns that nothing is left. After the signal no part
 * is begun; the lanes still end those that they have, and errors of an ended one are those of the signal.
 */
export async function inLanes(
  lanes: number,
  signal: AbortSignal | undefined,
  work: () => Promise<boolean>,
): Promise<void> {
  const lane = async () => {
    try {
      while (!signal?.aborted && (await work()));
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
