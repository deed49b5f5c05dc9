/** Learning rates by step: linear warm-up, then half a cosine, or a linear fall at the end. */
export interface Schedule {
  readonly peak: number;
  readonly warmup: number;
  readonly steps: number;
  /** `cosine` falls from the end of the warm-up on; `linear` stays at the peak until the last `decay` share of steps. */
  readonly shape: 'cosine' | 'linear';
  /** Share of steps over which `linear` falls. */
  readonly decay: number;
  /** Share of the peak that is left at the last step. */
  readonly floor: number;
}

/** Learning rate of step `step`, counted from 0. */
export function learningRate({ peak, warmup, steps, shape, decay, floor }: Schedule, step: number): number {
  if (step < warmup) return (peak * (step + 1)) / warmup;
  const from = shape === 'cosine' ? warmup : Math.max(warmup, steps * (1 - decay));
  const progress = steps - 1 <= from ? 0 : Math.min(1, Math.max(0, (step - from) / (steps - 1 - from)));
  const share = shape === 'cosine' ? (1 + Math.cos(Math.PI * progress)) / 2 : 1 - progress;
  return peak * (floor + (1 - floor) * share);
}
