/** The latents as yes-or-no questions: a latent of several values asks one for each value. */
import { LATENTS, type Latent, type LatentName } from '../latents.ts';

export interface Question {
  /** `latent`, or `latent=value`. */
  readonly key: string;
  readonly latent: LatentName;
  /** The value asked for; null for any but 0. */
  readonly value: number | null;
  readonly description: string;
  readonly unused: boolean;
}

/** Every question, in the order of LATENTS. */
export const QUESTIONS: readonly Question[] = LATENTS.flatMap((entry): Question[] => {
  const latent: Latent & { readonly name: LatentName } = entry;
  const unused = latent.unused ?? false;
  if (latent.kind === 'binary') {
    return [{ key: latent.name, latent: latent.name, value: null, description: latent.description, unused }];
  }
  return Array.from({ length: latent.values }, (_, i) => ({
    key: `${latent.name}=${i + 1}`,
    latent: latent.name,
    value: i + 1,
    description: `${latent.description}: ${latent.valueNames?.[i] ?? i + 1}`,
    unused,
  }));
});
