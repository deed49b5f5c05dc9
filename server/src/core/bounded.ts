/** Work on a list, so many entries at a time. */

/** Maps in order with at most `width` calls under way; the first failure rejects, and no further call begins. */
export async function mapBounded<T, R>(
  values: readonly T[],
  width: number,
  work: (value: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(values.length);
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < values.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(values[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, values.length) }, worker));
  return results;
}
