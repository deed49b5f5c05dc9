/**
 * Times training: a step against its forward pass, gradients of activations against an unfused forward pass, and a
 * dictionary's step against the bare matrix products that it needs. Weights are random; the sizes are those of tinyworld
 * and, for the gradients, of the benchmark's GPT-2-shaped model.
 */
import { createRandom, normal } from '../../server/dist/core/random.js';
import type { Runner, SizedProgram } from '../../server/dist/core/runner.js';
import { float32, int64, type Tensor } from '../../server/dist/core/tensor.js';
import { graphBuilder } from '../../server/dist/graph/builder.js';
import { add, squaredNorm } from '../../server/dist/graph/expr.js';
import { gradient } from '../../server/dist/graph/gradient/gradient.js';
import { modelGraph } from '../../server/dist/graph/model-graph.js';
import { serialize } from '../../server/dist/graph/serialize.js';
import { readModelSpec } from '../../server/dist/model/architectures/registry.js';
import { dictionaryTrainingSchema } from '../../server/dist/training/dictionary/config.js';
import { initialDictionary } from '../../server/dist/training/dictionary/initial.js';
import { dictionaryStep } from '../../server/dist/training/dictionary/step.js';
import { stepFeeds } from '../../server/dist/training/loop.js';
import { crossEntropy, initialWeights, modelStep } from '../../server/dist/training/model-step.js';
import { total } from '../../server/dist/training/optimizer.js';
import { openState, type ResidentState, type StateProgram } from '../../server/dist/training/state.js';
import { benchIds, type Fixtures } from './fixtures.js';
import { open, withRunner } from './rig.js';
import { type Comparison, compare } from './statistics.js';

export interface TrainingResult extends Comparison {
  readonly label: string;
  /** What it is compared with. */
  readonly against: string;
  /** Largest ratio that is aimed at; null where none is named. */
  readonly bound: number | null;
  /** Tokens of one run; ours a second follow from it. */
  readonly tokens: number;
}

const BATCH = { rows: 8, pos: 256 } as const;
const VOCABULARY = 1024;
const DICTIONARY = { rows: 2048, d_in: 128, d_sae: 1024, k: 16 } as const;
const BETAS = [0.9, 0.98] as const;

/** Measures all three. */
export function measureTraining(
  fixtures: Fixtures,
  runs: number,
  threads: number | undefined,
  log: (line: string) => void,
): Promise<TrainingResult[]> {
  return withRunner(threads, async (runner) => {
    log('timing: a training step');
    const step = await modelTraining(runner, runs);
    log('timing: gradients of activations');
    const gradients = await hookGradients(runner, fixtures, runs);
    log('timing: a dictionary’s training step');
    return [step, gradients, await dictionaryTraining(runner, runs)];
  });
}

async function modelTraining(runner: Runner, runs: number): Promise<TrainingResult> {
  const spec = readModelSpec(TINYWORLD, 'config.json', new Set(['model.embed_tokens.weight']));
  const weights = initialWeights(spec, createRandom(1));
  const settings = { beta1: 0.9, beta2: 0.98, eps: 1e-8, weight_decay: 0, clip: 1, muon_rate: 5 };
  const state = await loaded(runner, modelStep(spec, settings, 'muon', 'cpu'), weights);
  const forward = modelGraph(spec, (name) => ({ kind: 'memory', ...weights.get(name)! }));
  const targets = forward.b.input('targets', 'int64', forward.tokens.shape);
  forward.b.output('loss', crossEntropy(forward.b, forward.logits, targets));
  const session = await runner.open(serialize(forward.b.finish(), 'forward', 'cpu'), { weights: 'packed' });
  const random = createRandom(2);
  const ids = (): Tensor =>
    int64(
      [BATCH.rows, BATCH.pos],
      Array.from({ length: BATCH.rows * BATCH.pos }, () => Math.floor(random.next() * VOCABULARY)),
    );
  const feeds = { tokens: ids(), targets: ids() };
  const comparison = await compare(
    () => state.step({ ...feeds, ...stepFeeds(1e-4, BETAS, 0) }, ['loss']),
    () => runner.run(session, feeds, ['loss']),
    runs,
  );
  await runner.close(session);
  await state.close();
  const label = `training step, ${BATCH.rows} × ${BATCH.pos} tokens, tinyworld’s size`;
  return { label, against: 'its forward pass', bound: 3, tokens: BATCH.rows * BATCH.pos, ...comparison };
}

async function hookGradients(runner: Runner, fixtures: Fixtures, runs: number): Promise<TrainingResult> {
  const { model } = open(fixtures.model, []);
  const { n_layers } = model.spec;
  const layers = Array.from({ length: n_layers }, (_, layer) => `blocks.${layer}`);
  const residual = [...layers.map((at) => `${at}.hook_resid_pre`), `blocks.${n_layers - 1}.hook_resid_post`];
  const differentiated = modelGraph(model.spec, model.weights, { reads: residual });
  const { b } = differentiated;
  const found = gradient(b, total(b, differentiated.logits), [...differentiated.hooks.values()]);
  // One number stands for all gradients, so that none of them crosses the process boundary.
  const sums = found.map((value) => total(b, squaredNorm(b, value)));
  b.output(
    'y',
    sums.reduce((x, y) => add(b, x, y)),
  );
  const apart = layers.flatMap((at) =>
    ['attn.hook_pattern', 'ln1.hook_scale', 'ln2.hook_scale'].map((s) => `${at}.${s}`),
  );
  const forward = modelGraph(model.spec, model.weights, { reads: apart });
  forward.b.output('y', total(forward.b, forward.logits));
  const ours = await runner.open(serialize(b.finish(), 'gradients', 'cpu'), { weights: 'packed' });
  const bare = await runner.open(serialize(forward.b.finish(), 'unfused forward', 'cpu'), { weights: 'packed' });
  const ids = benchIds();
  const feeds = { tokens: int64([1, ids.length], ids) };
  const comparison = await compare(
    () => runner.run(ours, feeds, ['y']),
    () => runner.run(bare, feeds, ['y']),
    runs,
  );
  await runner.close(ours);
  await runner.close(bare);
  const label = `gradient of one scalar by ${residual.length} residual hooks, ${ids.length} tokens`;
  return { label, against: 'an unfused forward pass', bound: 3, tokens: ids.length, ...comparison };
}

async function dictionaryTraining(runner: Runner, runs: number): Promise<TrainingResult> {
  const { rows, d_in, d_sae, k } = DICTIONARY;
  const config = dictionaryTrainingSchema.parse({ hook: 'blocks.0.hook_resid_post', d_sae, k, tokens: 1, batch: rows });
  const x = randomTensor([rows, d_in]);
  const state = await loaded(runner, dictionaryStep(config, d_in, 'cpu'), initialDictionary(config, x));
  const session = await runner.open(dictionaryProducts(), { weights: 'packed' });
  const feeds = { x, codes: randomTensor([rows, d_sae]), W: randomTensor([d_in, d_sae]) };
  const comparison = await compare(
    () => state.step({ x, ...stepFeeds(1e-4, BETAS, 0) }, ['loss']),
    () => runner.run(session, feeds, ['encode one']),
    runs,
  );
  await runner.close(session);
  await state.close();
  const label = `TopK dictionary ${d_in} → ${d_sae}, ${rows} positions`;
  return { label, against: 'its five matrix products', bound: null, tokens: rows, ...comparison };
}

/** Encode, decode, the codes' gradient and those of both matrices. */
function dictionaryProducts(): SizedProgram {
  const { d_in, d_sae } = DICTIONARY;
  const b = graphBuilder();
  const x = b.input('x', 'float32', ['rows', d_in]);
  const codes = b.input('codes', 'float32', ['rows', d_sae]);
  const W = b.input('W', 'float32', [d_in, d_sae]);
  const products = {
    encode: b.op('Gemm', [x, W], { transA: false, transB: false }),
    decode: b.op('Gemm', [codes, W], { transA: false, transB: true }),
    'codes’ gradient': b.op('Gemm', [x, W], { transA: false, transB: false }),
    'decoder’s gradient': b.op('Gemm', [codes, x], { transA: true, transB: false }),
    'encoder’s gradient': b.op('Gemm', [x, codes], { transA: true, transB: false }),
  };
  for (const [name, value] of Object.entries(products)) {
    b.output(name, value);
    b.output(`${name} one`, b.op('Slice', [value], { axis: 1, start: 0, end: 1 }));
  }
  return serialize(b.finish(), 'bare products of a dictionary', 'cpu');
}

/** A step with its state loaded; what is not given is zeros. */
async function loaded(
  runner: Runner,
  program: StateProgram,
  given: ReadonlyMap<string, Tensor>,
): Promise<ResidentState> {
  const state = await openState(runner, program);
  const zeros = [...state.shapes].map(
    ([name, shape]) => [name, float32(shape, new Float32Array(shape.reduce((x, y) => x * y, 1)))] as const,
  );
  await state.load(new Map<string, Tensor>([...zeros, ...given]));
  return state;
}

function randomTensor(shape: readonly [number, number]): Tensor<'float32'> {
  const random = createRandom(shape[0] + shape[1]);
  return float32(
    shape,
    Float32Array.from({ length: shape[0] * shape[1] }, () => normal(random)),
  );
}

const TINYWORLD = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: VOCABULARY,
  hidden_size: 128,
  intermediate_size: 384,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 4,
  hidden_act: 'silu',
  max_position_embeddings: BATCH.pos,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: true,
};
