/** All op cases. */
import type { OpCase } from './op-cases.ts';
import { FUSED_CASES } from './op-cases-fused.ts';
import { ELEMENTWISE_CASES, LOOKUP_CASES, PRODUCT_CASES, REDUCTION_CASES, SHAPE_CASES } from './op-cases-plain.ts';

export const ALL_CASES: readonly OpCase[] = [
  ...ELEMENTWISE_CASES,
  ...PRODUCT_CASES,
  ...REDUCTION_CASES,
  ...SHAPE_CASES,
  ...LOOKUP_CASES,
  ...FUSED_CASES,
];
