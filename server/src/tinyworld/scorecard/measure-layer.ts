/** One layer against every question: ceiling, dictionary, and the baselines that get the same search. */
import { createRandom, normal } from '../../core/random.ts';
import { columnMoments, scatter, symmetricEigenvectors } from '../../methods/probing/linear-algebra.ts';
import { type Ceiling, ceilings } from './ceiling.ts';
import type { Layer } from './collect.ts';
import { type Columns, denseColumns, projectedColumns, sparseColumns } from './columns.ts';
import type { FeatureFinding } from './labels.ts';
import { findLabels } from './labels.ts';
import { matchedScores, type Recovery, searchColumns, shuffledPositives, smallProbes } from './recovery.ts';
import type { MeasuredText } from './text.ts';

export interface LayerMeasure {
  readonly probes: readonly (Omit<Ceiling, 'scores'> & { readonly scores: Float32Array })[];
  readonly features: readonly Recovery[];
  readonly matched: readonly number[];
  readonly smallProbes: readonly (readonly number[])[];
  readonly baselines: ReadonlyMap<string, { readonly columns: number; readonly best: readonly Recovery[] }>;
  readonly findings: readonly FeatureFinding[];
}

/** What of a layer is searched. */
interface Sides {
  readonly train: Layer;
  readonly test: Layer;
}

/** Measures a layer of the trained model. `seed` draws the random directions. */
export function measureLayer(
  { train, test }: Sides,
  texts: { readonly train: MeasuredText; readonly test: MeasuredText },
  d_sae: number,
  seed: number,
): LayerMeasure {
  const d = train.input.length / texts.train.rows;
  const d_mlp = train.neurons.length / texts.train.rows;
  const positives = { train: texts.train.positives, test: texts.test.positives };
  const search = (fit: Columns, held: Columns, labels = positives) =>
    searchColumns({ columns: fit, positives: labels.train }, { columns: held, positives: labels.test });
  const fit = sparseColumns(train.indices, train.values, train.k, d_sae);
  const held = sparseColumns(test.indices, test.values, test.k, d_sae);
  const features = search(fit, held);
  const samples = {
    train: { columns: fit, positives: positives.train },
    test: { columns: held, positives: positives.test },
  };
  const directions = randomDirections(d, d_sae, seed);
  const { mean } = columnMoments(train.input, d);
  const components = symmetricEigenvectors(scatter(train.input, d, mean), d).vectors;
  const shuffled = {
    train: shuffledPositives(positives.train, texts.train.rows, 0.37),
    test: shuffledPositives(positives.test, texts.test.rows, 0.61),
  };
  const baselines = new Map([
    [
      'random directions',
      summary(
        d_sae,
        search(projectedColumns(train.input, d, directions), projectedColumns(test.input, d, directions)).best,
      ),
    ],
    [
      'raw neurons',
      summary(d_mlp, search(denseColumns(train.neurons, d_mlp, true), denseColumns(test.neurons, d_mlp, true)).best),
    ],
    [
      'principal components',
      summary(
        d,
        search(projectedColumns(train.input, d, components), projectedColumns(test.input, d, components)).best,
      ),
    ],
    ['shuffled labels', summary(d_sae, search(fit, held, shuffled).best)],
  ]);
  return {
    probes: [...ceilings(train.input, test.input, d, positives.train, positives.test)].map((ceiling) => ({
      ...ceiling,
      scores: Float32Array.from(ceiling.scores),
    })),
    features: features.best,
    matched: matchedScores(features, samples.test),
    smallProbes: smallProbes(features, samples.train, samples.test),
    baselines,
    findings: findLabels(features, samples.train, samples.test, texts.train),
  };
}

/** The dictionary of another model in the same search. */
export function measureFeatures(
  { train, test }: Sides,
  texts: { readonly train: MeasuredText; readonly test: MeasuredText },
  d_sae: number,
): { readonly columns: number; readonly best: readonly Recovery[] } {
  const found = searchColumns(
    { columns: sparseColumns(train.indices, train.values, train.k, d_sae), positives: texts.train.positives },
    { columns: sparseColumns(test.indices, test.values, test.k, d_sae), positives: texts.test.positives },
  );
  return summary(d_sae, found.best);
}

function summary(columns: number, best: readonly Recovery[]) {
  return { columns, best };
}

function randomDirections(d: number, count: number, seed: number): Float64Array {
  const random = createRandom(seed, 0xd1);
  return Float64Array.from({ length: d * count }, () => normal(random));
}
