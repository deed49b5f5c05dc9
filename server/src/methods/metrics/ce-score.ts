/** Loss recovered (METRICS 3). Zero ablation flatters it, so the raw rise of the loss always stands beside it. */

/** Mean next-token losses in nats: of the model, with the reconstruction put in, with zeros put in. */
export interface SplicedLosses {
  readonly model: number;
  readonly spliced: number;
  readonly zeroed: number;
}

/**
 * (CE_zero − CE_spliced) / (CE_zero − CE_model), unclipped, and ΔCE = CE_spliced − CE_model in nats.
 * The score is null where zero ablation does not hurt: a ratio without a denominator is not a number to show.
 */
export function ceScore({ model, spliced, zeroed }: SplicedLosses): { score: number | null; delta: number } {
  const room = zeroed - model;
  return { score: room > 0 ? (zeroed - spliced) / room : null, delta: spliced - model };
}
