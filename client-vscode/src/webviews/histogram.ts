/** Bars of a histogram in the coordinates of an SVG. Pure. */

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Activations from, inclusive, to, exclusive but for the last bin. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** One bar per bin, heights by the square root of counts: activations are heavy-tailed, and a count of one must show. */
export function histogramBars(
  { max, counts }: { readonly max: number; readonly counts: readonly number[] },
  { width, height }: { readonly width: number; readonly height: number },
): Bar[] {
  const most = Math.sqrt(Math.max(1, ...counts));
  const step = width / Math.max(1, counts.length);
  return counts.map((count, at) => {
    const tall = count === 0 ? 0 : Math.max(1, (Math.sqrt(count) / most) * height);
    return {
      x: at * step,
      y: height - tall,
      width: Math.max(1, step - 1),
      height: tall,
      from: (max * at) / counts.length,
      to: (max * (at + 1)) / counts.length,
      count,
    };
  });
}
