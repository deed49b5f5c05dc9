/**
 * The facade both doors talk to: models, dictionaries, tokens, traces. Every door makes one call here per request.
 * Results are plain readonly data. Deliberately absent: wire types, terminals, native code.
 */
import { throwIfCancelled } from '../core/errors.ts';
import type { Runner } from '../core/runner.ts';
import { checkFit, type FitReport } from '../dictionary/fit-check.ts';
import type { FeatureLabel } from '../dictionary/labels.ts';
import { readLabels } from '../dictionary/labels.ts';
import { type OpenDictionaryOptions, openDictionary } from '../dictionary/open.ts';
import { locateFolder } from '../files/hub-cache.ts';
import { checkIdentities, type IdentityCheck } from '../methods/identities.ts';
import { traceBatcher } from '../methods/trace/batched.ts';
import { type TraceCache, traceCache } from '../methods/trace/cached.ts';
import { checkMemory, predictMemory } from '../model/memory.ts';
import { calibrationSource } from './calibration.ts';
import { featurePage, labelFeature, searchFeatures } from './features.ts';
import { createMemo, type MemoStats } from './memo.ts';
import { dictionaryInfo, type LoadedModel, loadModel, modelInfo, UNCHECKED } from './models.ts';
import { createRegistry } from './registry.ts';
import type {
  ActivationsResult,
  DictionaryInfo,
  FeatureHit,
  FeaturePage,
  ModelInfo,
  TokenizeResult,
  TraceResult,
} from './results.ts';
import { createScheduler, type Lane } from './scheduler.ts';
import { sessionCache } from './session-cache.ts';
import { encodeForModel, tokenInfos } from './text.ts';
import { activationsOf, type TextOptions, type TraceOptions, traceKey, traceText } from './tracing.ts';

export interface EngineOptions {
  readonly runner: Runner;
  /** Bytes that one model may be predicted to take. */
  readonly modelMemoryLimit: number;
  /** Bytes of open programs that are kept for reuse. */
  readonly sessionMemoryLimit: number;
  /** Bytes of finished traces that are kept; 0 keeps none. */
  readonly memoBytes?: number;
  /** Bytes of texts in work: keys and values in the runtime, rows here. */
  readonly prefixBytes?: number;
}

/** Which loaded model is meant; the only one when absent. */
export interface ModelChoice {
  readonly model?: string | undefined;
}

export interface DictionaryChoice extends ModelChoice {
  readonly dictionary: string;
}

export interface FeatureChoice extends DictionaryChoice {
  readonly feature: number;
}

/** Which lane a request waits in; batch when absent. */
export interface LaneChoice {
  readonly lane?: Lane;
}

export interface LoadModelOptions {
  /** Path or hub id. */
  readonly name: string;
  /** Folder, where the name is not one (the embedded model). */
  readonly folder?: string;
}

export interface LoadDictionaryOptions extends ModelChoice, OpenDictionaryOptions {
  /** Path, or hub id with sub-folder. */
  readonly path: string;
}

export interface EngineStatus {
  readonly device: string;
  readonly models: readonly ModelInfo[];
  readonly waiting: Readonly<Record<Lane, number>>;
  readonly memo: MemoStats;
  readonly prefix: ReturnType<TraceCache['stats']>;
  readonly sessions: { readonly bytes: number; readonly sessions: number };
}

export interface Engine {
  /** Opens a model. @throws artifact errors; too-large beyond the memory limit. */
  loadModel(options: LoadModelOptions): Promise<ModelInfo>;
  models(): readonly ModelInfo[];
  unloadModel(name: string): Promise<void>;
  /** Attaches a dictionary (or each layer's of a set). @throws artifact errors; dictionary-mismatch when it does not fit. */
  loadDictionary(options: LoadDictionaryOptions): Promise<readonly DictionaryInfo[]>;
  dictionaries(choice: ModelChoice): readonly DictionaryInfo[];
  unloadDictionary(choice: DictionaryChoice): Promise<void>;
  /** Measures a dictionary on calibration text and judges whether it fits its hook; later results carry the verdict. */
  checkDictionary(choice: DictionaryChoice & LaneChoice, signal?: AbortSignal): Promise<FitReport>;
  tokenize(options: ModelChoice & Pick<TextOptions, 'text' | 'bos'>): Promise<TokenizeResult>;
  /** Features of every token, by the dictionaries named (all when absent). */
  trace(
    options: ModelChoice & LaneChoice & TraceOptions & { readonly dictionaries?: readonly string[] | undefined },
    signal?: AbortSignal,
  ): Promise<TraceResult>;
  /** Raw tensors at hooks; the name `logits` among them gives logits. */
  activations(
    options: ModelChoice & LaneChoice & TextOptions & { readonly hooks: readonly string[] },
    signal?: AbortSignal,
  ): Promise<ActivationsResult>;
  /** What a feature's weights tell; `count` bounds its lists. */
  feature(options: FeatureChoice & LaneChoice & { readonly count: number }, signal?: AbortSignal): Promise<FeaturePage>;
  /** Features by label or number, best first. */
  searchFeatures(
    options: ModelChoice & { dictionary?: string | undefined; query: string; limit: number },
  ): readonly FeatureHit[];
  labelFeature(
    options: FeatureChoice & { readonly label: string | null; readonly source: string },
  ): FeatureLabel | null;
  /** Checks identities that hold on any model's own tensors, over a text. */
  identities(options: ModelChoice & Pick<TextOptions, 'text'>, signal?: AbortSignal): Promise<readonly IdentityCheck[]>;
  status(): EngineStatus;
  dispose(): Promise<void>;
}

const DEFAULT_MEMO_BYTES = 128 * 2 ** 20;
const DEFAULT_PREFIX_BYTES = 1024 * 2 ** 20;

/** An engine over a runner. */
export function createEngine(options: EngineOptions): Engine {
  const { runner, modelMemoryLimit, sessionMemoryLimit, memoBytes = DEFAULT_MEMO_BYTES } = options;
  const scheduler = createScheduler(runner);
  const sessions = sessionCache(scheduler, sessionMemoryLimit);
  const registry = createRegistry();
  // A trace's numbers take about as many bytes as their JSON.
  const memo = createMemo<TraceResult>(memoBytes, (result) => JSON.stringify(result).length);
  const reuse = { batcher: traceBatcher(), cache: traceCache(options.prefixBytes ?? DEFAULT_PREFIX_BYTES) };
  const execution = (lane: Lane = 'batch') => sessions.on(lane);

  function admit(model: LoadedModel): void {
    const plan = { predictions: true, device: runner.device, weights: 'packed' } as const;
    checkMemory(predictMemory(model.checkpoint, plan), modelMemoryLimit);
  }

  return {
    async loadModel({ name, folder }) {
      const model = await loadModel(name, folder ?? locateFolder(name).folder);
      admit(model);
      registry.add(model);
      return modelInfo(model);
    },
    models: () => [...registry.models.values()].map(modelInfo),
    async unloadModel(name) {
      const { checkpoint } = registry.remove(name);
      memo.forget(checkpoint.digest);
      reuse.cache.forget(execution(), checkpoint.digest);
      await sessions.drop(checkpoint.digest);
    },
    async loadDictionary({ model: name, path, ...opening }) {
      const model = registry.model(name);
      const opened = openDictionary(locateFolder(path).folder, model.checkpoint.spec, opening);
      return opened.map((dictionary) =>
        dictionaryInfo(registry.attach(model, { dictionary, labels: readLabels(dictionary.path), fit: UNCHECKED })),
      );
    },
    dictionaries: ({ model }) => registry.model(model).dictionaries.map(dictionaryInfo),
    async unloadDictionary({ model, dictionary }) {
      const { digest } = registry.detach(registry.model(model), dictionary).dictionary;
      memo.forget(digest);
      reuse.cache.forget(execution(), digest);
      await sessions.drop(digest);
    },
    async checkDictionary({ model: name, dictionary, lane }, signal) {
      const model = registry.model(name);
      const attached = registry.dictionary(model, dictionary);
      const ran = execution(lane);
      const source = calibrationSource(ran, model);
      const report = await checkFit(ran.runner, attached.dictionary, model.checkpoint.spec, source, signal);
      const { status, fvu, l0, cause } = report;
      attached.fit = { status, fvu, l0, cause };
      memo.forget(attached.dictionary.digest);
      return report;
    },
    async tokenize({ model: name, text, bos }) {
      const model = registry.model(name);
      const warnings: string[] = [];
      const withBos = bos ?? model.tokenizer.addsBos;
      const { n_ctx } = model.checkpoint.spec;
      const encoded = await model.tokenizer.encode(text, { bos: withBos });
      if (encoded.doubledBos) warnings.push('The text begins with BOS itself, so BOS is doubled.');
      if (encoded.ids.length > n_ctx)
        warnings.push(`The text has ${encoded.ids.length} tokens; the context takes ${n_ctx}.`);
      return { bos: withBos, tokens: tokenInfos(model, encoded, 0, encoded.ids.length), warnings };
    },
    async trace({ model: name, dictionaries, lane, ...request }, signal) {
      throwIfCancelled(signal);
      const model = registry.model(name);
      const chosen = dictionaries?.map((wanted) => registry.dictionary(model, wanted)) ?? [...model.dictionaries];
      const compute = (own: AbortSignal): Promise<TraceResult> =>
        traceText(reuse, execution(lane), model, chosen, request, own);
      return memo.get(traceKey(model, chosen, request), compute, signal);
    },
    async activations({ model: name, hooks, lane, ...request }, signal) {
      return activationsOf(execution(lane), registry.model(name), hooks, request, signal);
    },
    async feature({ model: name, dictionary, feature, count, lane }, signal) {
      const model = registry.model(name);
      return featurePage(execution(lane), model, registry.dictionary(model, dictionary), feature, count, signal);
    },
    searchFeatures({ model: name, dictionary, query, limit }) {
      const model = registry.model(name);
      const among = dictionary === undefined ? model.dictionaries : [registry.dictionary(model, dictionary)];
      return searchFeatures(among, query, limit);
    },
    labelFeature({ model: name, dictionary, feature, label, source }) {
      const attached = registry.dictionary(registry.model(name), dictionary);
      memo.forget(attached.dictionary.digest);
      return labelFeature(attached, feature, label, source);
    },
    async identities({ model: name, text }, signal) {
      const model = registry.model(name);
      const { ids } = await encodeForModel(model, text, { bos: model.tokenizer.addsBos, truncate: true }, []);
      return checkIdentities(execution(), model.handle, ids, signal);
    },
    status: () => ({
      device: runner.device,
      models: [...registry.models.values()].map(modelInfo),
      waiting: scheduler.waiting(),
      memo: memo.stats(),
      prefix: reuse.cache.stats(),
      sessions: sessions.usage(),
    }),
    dispose: () => runner.dispose(),
  };
}
