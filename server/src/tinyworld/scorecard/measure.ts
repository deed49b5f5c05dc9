/**
 * The score card of a model in tinyworld's layout: what it knows of its language, what its dictionaries show of that,
 * and what the same search finds where there is nothing to find. Text, directions and draws follow from the seed.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SondeError } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import type { Runner } from '../../core/runner.ts';
import type { Dictionary } from '../../dictionary/dictionary.ts';
import { openDictionary } from '../../dictionary/open.ts';
import { readText } from '../../files/file-reader.ts';
import { parseJson } from '../../formats/json.ts';
import { bootstrapAuroc } from '../../methods/metrics/auroc.ts';
import { type ModelHandle, modelHandle } from '../../methods/model-handle.ts';
import { openCheckpoint } from '../../model/checkpoint.ts';
import { evaluateDictionary } from '../../training/dictionary/evaluate.ts';
import type { Split } from '../derivation.ts';
import { bpeEncoder, type Encoder } from '../encode.ts';
import { isTrained, measureLoss, REPORT_FILE, type TinyworldReport } from '../train.ts';
import { documentIds, documentSource, FIRST_UNSEEN } from '../train-data.ts';
import { askedPlaces, measureAccuracy, type SettledText, settledText } from './accuracy.ts';
import {
  type BaselineCard,
  carriedSummary,
  type LayerCard,
  latentCards,
  type QuestionAtLayer,
  type QuestionCard,
  type ScoreCard,
} from './card.ts';
import { collectLayer, type Layer } from './collect.ts';
import { isExplained, type LabelLine, labelLine } from './labels.ts';
import { bestLookUps } from './look-ups.ts';
import { type LayerMeasure, measureFeatures, measureLayer } from './measure-layer.ts';
import { fitNGram } from './n-gram.ts';
import { QUESTIONS } from './questions.ts';
import { untrainedModel, withUntrainedDictionary } from './random-model.ts';
import type { Recovery } from './recovery.ts';
import { measureText, tokenSizes } from './text.ts';

export interface CardPlan {
  readonly folder: string;
  /** Documents for loss. */
  readonly documents: number;
  /** Documents in which settled places are looked for. */
  readonly settledDocuments: number;
  readonly trainRows: number;
  readonly minPositives: number;
  readonly maxRows: number;
  /** Order of the n-gram model, which is fitted on as many tokens as the model was trained on. */
  readonly nGramOrder: number;
  readonly onProgress: (what: string, done: number, total: number) => void;
}

export const DEFAULT_CARD = {
  documents: 500,
  trainRows: 60_000,
  minPositives: 500,
  maxRows: 150_000,
  settledDocuments: 2000,
  nGramOrder: 5,
} as const;

/** Documents of the training split that nothing else uses. */
const CARD_TEXT = FIRST_UNSEEN + 300_000;
const DRAWS = 200;

export interface CardResult {
  readonly card: ScoreCard;
  /** Labels of each layer's dictionary, in layer order. */
  readonly labels: readonly (readonly LabelLine[])[];
}

/** Whether a folder holds a model and dictionaries that tinyworld's training made. */
export function isTinyworld(folder: string): boolean {
  return existsSync(folder) && isTrained(folder);
}

/** Measures everything. @throws file-not-found, artifact errors. */
export async function measureCard(runner: Runner, plan: CardPlan, signal?: AbortSignal): Promise<CardResult> {
  const { folder } = plan;
  const model = modelHandle(openCheckpoint(folder));
  const path = join(folder, 'tokenizer.json');
  const encoder = bpeEncoder(readText(path), path);
  const sizes = tokenSizes(path);
  const { seed, tokens, dictionaries: trained } = reportOf(folder);
  const { n_layers, n_ctx } = model.spec;
  const dictionaries = Array.from(
    { length: n_layers },
    (_, layer) => openDictionary(join(folder, 'dictionaries', `layer_${layer}`), model.spec)[0]!,
  );
  const total = 3 + 2 * n_layers;
  let done = 0;
  const next = (what: string): void => plan.onProgress(what, done++, total);

  next('loss');
  const loss = (split: Split, first: number) =>
    measureLoss(runner, model, encoder, { seed, split, first, documents: plan.documents }, signal);
  const unseen = await loss('train', FIRST_UNSEEN);
  const heldout = await loss('heldout', 0);

  next('phenomena');
  const settled = (split: Split, first: number) =>
    settledText(encoder, n_ctx, { seed, split, first, documents: plan.settledDocuments });
  const places = { unseen: settled('train', FIRST_UNSEEN), heldout: settled('heldout', 0) };
  const asked = [...askedPlaces(places.unseen), ...askedPlaces(places.heldout)];
  const nGram = fitNGram(trainingRows(encoder, seed, tokens), plan.nGramOrder, encoder.d_vocab, asked);
  const accuracyOf = (text: SettledText) => measureAccuracy(runner, model, nGram, text, signal);
  const accuracy = { unseen: await accuracyOf(places.unseen), heldout: await accuracyOf(places.heldout) };

  next('text and look-ups');
  const { minPositives, maxRows, trainRows } = plan;
  const common = { seed, n_ctx, maxRows };
  const texts = {
    train: measureText(encoder, sizes, {
      ...common,
      split: 'train',
      first: CARD_TEXT,
      minRows: trainRows,
      minPositives: 0,
    }),
    test: measureText(encoder, sizes, { ...common, split: 'heldout', first: 0, minRows: trainRows, minPositives }),
  };
  const lookUps = bestLookUps(texts.train, texts.test);

  const untrained = untrainedModel(model, seed);
  const measures: LayerMeasure[] = [];
  const untrainedBest: { readonly columns: number; readonly best: readonly Recovery[] }[] = [];
  const layers: LayerCard[] = [];
  const both = async (
    handle: ModelHandle,
    dictionary: Dictionary,
    layer: number,
  ): Promise<{ train: Layer; test: Layer }> => ({
    train: await collectLayer(runner, handle, dictionary, layer, texts.train, signal),
    test: await collectLayer(runner, handle, dictionary, layer, texts.test, signal),
  });
  for (const [layer, dictionary] of dictionaries.entries()) {
    next(`layer ${layer}`);
    const measured = measureLayer(await both(model, dictionary, layer), texts, dictionary.d_sae, seed);
    measures.push(measured);
    const source = documentSource(encoder, seed, FIRST_UNSEEN, n_ctx);
    const rows = Array.from({ length: Math.min(300, plan.documents) }, (_, i) => source.row(i) as readonly number[]);
    const scores = await evaluateDictionary(runner, model, dictionary, rows, source.special, signal);
    const alive = measured.findings.filter(({ density }) => density > 0);
    const explained_share = alive.filter(isExplained).length / Math.max(1, alive.length);
    layers.push({ layer, scores, alive: alive.length, explained_share });
    next(`layer ${layer}, untrained`);
    untrainedBest.push(
      await withUntrainedDictionary(
        runner,
        untrained,
        encoder,
        trained[layer]!.config,
        async (own) => measureFeatures(await both(untrained, own, layer), texts, own.d_sae),
        signal,
      ),
    );
  }

  const random = createRandom(seed, 0xb007);
  const questions = QUESTIONS.map((question, i): QuestionCard => {
    const own = measures.map((measure, layer) => atLayer(measure, layer, i));
    const best = own.reduce((a, b) => (b.train_mcc > a.train_mcc ? b : a));
    const fitted = measures.map(({ probes }) => probes[i]!.train_auroc);
    const probe = fitted.indexOf(Math.max(...fitted));
    const positives = texts.test.positives[i]!;
    return {
      ...pickQuestion(question),
      rate: positives.length / texts.test.rows,
      positives: positives.length,
      look_up: lookUps[i]!.mcc,
      look_up_by: lookUps[i]!.by,
      layers: own,
      best,
      ceiling: bootstrapAuroc(measures[probe]!.probes[i]!.scores, positives, texts.test.documents, DRAWS, () =>
        random.next(),
      ),
    };
  });
  const ceilings = questions.map(({ ceiling }) => ceiling?.value ?? 0);
  const latents = latentCards(
    questions,
    ceilings,
    questions.map(({ best }) => best),
  );
  const baseline = (
    name: string,
    perLayer: readonly { columns: number; best: readonly Recovery[] }[],
  ): BaselineCard => {
    const chosen = QUESTIONS.map((_, i) =>
      perLayer.map(({ best }) => best[i]!).reduce((a, b) => (b.train > a.train ? b : a)),
    );
    const { recovered_share, mcc } = carriedSummary(latentCards(questions, ceilings, chosen));
    return { name, columns: perLayer[0]!.columns, recovered_share, mcc };
  };
  const names = [...measures[0]!.baselines.keys()];
  const baselines = [
    ...names.map((name) =>
      baseline(
        name,
        measures.map((measure) => measure.baselines.get(name)!),
      ),
    ),
    baseline('untrained model, own dictionary', untrainedBest),
  ];
  const missed = latents
    .filter(({ carried, recovered, unused }) => carried && !recovered && !unused)
    .map(({ latent }) => latent);
  const spelled = tokenNames(path, encoder.d_vocab);
  return {
    card: {
      seed,
      rows: { train: texts.train.rows, heldout: texts.test.rows },
      unseen,
      heldout,
      accuracy,
      questions,
      latents,
      layers,
      ...carriedSummary(latents),
      baselines,
      missed,
    },
    labels: measures.map(({ findings }) => findings.map((finding) => labelLine(finding, (token) => spelled[token]!))),
  };
}

function atLayer(measure: LayerMeasure, layer: number, i: number): QuestionAtLayer {
  const { column, train, mcc, f1 } = measure.features[i]!;
  const probe = measure.probes[i]!;
  return {
    layer,
    probe_auroc: probe.auroc,
    probe_mcc: probe.mcc,
    feature: column,
    train_mcc: train,
    mcc,
    f1,
    matched_mcc: measure.matched[i] ?? 0,
    small_probes: measure.smallProbes[i]!,
  };
}

function pickQuestion({ key, latent, description, unused }: (typeof QUESTIONS)[number]) {
  return { key, latent, description, unused };
}

function reportOf(folder: string): Pick<TinyworldReport, 'seed' | 'tokens' | 'dictionaries'> {
  const path = join(folder, REPORT_FILE);
  const report = parseJson(readText(path), path) as Partial<TinyworldReport> | null;
  const { seed, tokens, dictionaries } = report ?? {};
  if (typeof seed === 'number' && typeof tokens === 'number' && Array.isArray(dictionaries)) {
    return { seed, tokens, dictionaries };
  }
  throw new SondeError(
    'corrupt-file',
    `${path} does not name seed, tokens and dictionaries; expected what \`sonde train-tinyworld\` wrote.`,
  );
}

/** Documents of the training text up to a number of tokens. */
function* trainingRows(encoder: Encoder, seed: number, tokens: number): Generator<number[]> {
  for (let index = 0, done = 0; done < tokens; index++) {
    const ids = documentIds(encoder, seed, 'train', index);
    done += ids.length;
    yield ids;
  }
}

/** How each token reads; bytes that are no text on their own as they stand in the file. */
function tokenNames(path: string, d_vocab: number): string[] {
  const vocab = (parseJson(readText(path), path) as { model: { vocab: Record<string, number> } }).model.vocab;
  const names = new Array<string>(d_vocab).fill('');
  for (const [token, id] of Object.entries(vocab)) names[id] = token.replaceAll('Ġ', ' ').replaceAll('Ċ', '\n');
  return names;
}
