/** The steps in which activations are shown: as colours on tokens, and as bars of the strip. Pure. */
import type { EditorResult } from '@sonde/protocol';
import { number, percent, quoted } from '../format.ts';

export type HeatToken = EditorResult<'sonde/editor/heat'>['tokens'][number];

export const STEPS = 8;

/** The step of a share of the maximum: 0 where nothing fires, else 1 to 8, evenly. */
export function stepOf(share: number): number {
  if (!(share > 0)) return 0;
  return Math.min(STEPS, Math.max(1, Math.ceil(share * STEPS)));
}

/** From this step on, the overview ruler marks a token. */
export const RULER_STEP = 5;

/** Border of a step where colour must not carry the meaning alone; weak steps have none. */
export function borderStyle(step: number): string {
  if (step <= 2) return '1px dotted';
  if (step <= 4) return '1px dashed';
  return step <= 6 ? '1px solid' : '3px double';
}

/** Tokens by step, from 1; silent tokens and those without a place are left out. */
export function tokensByStep<T extends Pick<HeatToken, 'share' | 'range'>>(tokens: readonly T[]): T[][] {
  const steps: T[][] = Array.from({ length: STEPS }, () => []);
  for (const token of tokens) {
    const step = stepOf(token.share);
    if (step > 0 && token.range) steps[step - 1]!.push(token);
  }
  return steps;
}

/** What a token’s hover and the strip’s screen reader say. */
export function tellToken({ text, activation, share }: HeatToken, max: number): string {
  if (activation === 0) return `${quoted(text)}: silent`;
  return `${quoted(text)}: ${number(activation)}, ${percent(share)} of ${number(max)}`;
}
