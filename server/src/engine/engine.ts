/**
 * The facade both doors talk to: models, dictionaries, tokens, traces. Every door makes one call here per request.
 * Results are plain readonly data. Deliberately absent: wire types, terminals, native code.
 */
import { SondeError, throwIfCancelled } from '../core/errors.ts';
import { DEFAULT_MEMO_BYTES, DEFAULT_PREFIX_BYTES } from '../core/limits.ts';
import type { Runner, RunnerMemory } from '../core/runner.ts';
import { inTurns } from '../core/turn.ts';
import { checkFit, type FitReport } from '../dictionary/fit-check.ts';
import type { FeatureLabel } from '../dictionary/labels.ts';
import { readLabels } from '../dictionary/labels.ts';
import { openInPieces } from '../dictionary/open.ts';
import { locateFolder } from '../files/hub-cache.ts';
import { checkIdentities, type IdentityCheck } from '../methods/identities.ts';
import { traceBatcher } from '../methods/trace/batched.ts';
import { traceCache } from '../methods/trace/cached.ts';
import { openCheckpoint } from '../model/checkpoint.ts';
import { checkMemory, predictMemory } from '../model/memory.ts';
import { calibrationSource } from './calibration.ts';
import { type ChatMessage, renderChat } from './chat.ts';
import { type ColumnsResult, columnsBytes, type TraceColumns } from './columns.ts';
import { type FeatureStats, measureStats } from './feature-stats.ts';
import { featurePage, featuresByToken, labelFeature, pushes, searchFeatures } from './features.ts';
import { fitChecks } from './fit-checks.ts';
import { createMemo } from './memo.ts';
import {
  type AttachedDictionary,
  dictionaryInfo,
  dictionaryPart,
  type LoadedModel,
  loadModel,
  modelInfo,
  modelPart,
  UNCHECKED,
} from './models.ts';
import { createRegistry } from './registry.ts';
import type {
  DictionaryChoice,
  EngineStatus,
  FeatureChoice,
  LaneChoice,
  LoadDictionaryOptions,
  LoadModelOptions,
  ModelChoice,
  TraceCall,
} from './requests.ts';
import { residency } from './residency.ts';
import type {
  ActivationsResult,
  DictionaryInfo,
  FeatureHit,
  FeaturePage,
  ModelInfo,
  OnProgress,
  TokenizeResult,
  TraceResult,
} from './results.ts';
import { createScheduler, type Lane } from './scheduler.ts';
import { sessionCache } from './session-cache.ts';
import { encodeForModel, tokenizeText } from './text.ts';
import { viewTrace } from './trace-view.ts';
import { activationsOf, type TextOptions, traceKey, traceText } from './tracing.ts';

export interface EngineOptions {
  readonly runner: Runner & { restarts?(): number };
  /** Bytes that models and dictionaries may be predicted to take while they are open; one model at most. */
  readonly modelMemoryLimit: number;
  /** Bytes of open programs that are kept for reuse. */
  readonly sessionMemoryLimit: number;
  /** Bytes of finished traces that are kept; 0 keeps none. */
  readonly memoBytes?: number;
  /** Bytes of texts in work: keys and values in the runtime, rows here. */
  readonly prefixBytes?: number;
  /** Checks each dictionary's fit in the background once it is attached. */
  readonly checkFits?: boolean;
}

export interface Engine {
  /** Opens a model; one that is loaded under this name with the same files stays as it is. @throws artifact errors; too-large beyond the memory limit. */
  loadModel(options: LoadModelOptions): Promise<ModelInfo>;
  models(): readonly ModelInfo[];
  unloadModel(name: string): Promise<void>;
  /** Attaches a dictionary (or each layer's of a set), unless it is attached with the same reading. @throws artifact errors; dictionary-mismatch when it does not fit. */
  loadDictionary(options: LoadDictionaryOptions): Promise<readonly DictionaryInfo[]>;
  dictionaries(choice: ModelChoice): readonly DictionaryInfo[];
  unloadDictionary(choice: DictionaryChoice): Promise<void>;
  /** Measures a dictionary on calibration text and judges whether it fits its hook; later results carry the verdict. */
  checkDictionary(
    choice: DictionaryChoice & LaneChoice,
    signal?: AbortSignal,
    onProgress?: OnProgress,
  ): Promise<FitReport>;
  tokenize(options: ModelChoice & Pick<TextOptions, 'text' | 'bos'>): Promise<TokenizeResult>;
  /** Features of every token, by the dictionaries named (all when absent). */
  trace(options: TraceCall, signal?: AbortSignal): Promise<TraceResult>;
  /** The same as columns, for who reads many tokens at once; `tokenText` spells predicted ids. */
  traceColumns(
    options: TraceCall,
    signal?: AbortSignal,
  ): Promise<ColumnsResult & { readonly tokenText: (id: number) => string }>;
  /** Raw tensors at hooks; the name `logits` among them gives logits. */
  activations(
    options: ModelChoice & LaneChoice & TextOptions & { readonly hooks: readonly string[] },
    signal?: AbortSignal,
  ): Promise<ActivationsResult>;
  /** What a feature's weights tell; `count` bounds its lists. */
  feature(options: FeatureChoice & LaneChoice & { readonly count: number }, signal?: AbortSignal): Promise<FeaturePage>;
  /** How often and how strongly each feature fires on calibration text; measured once, in the batch lane. */
  featureStats(choice: DictionaryChoice): Promise<FeatureStats>;
  /** Direct effect of features on a token's logit, per unit of activation; null where the dictionary does not write to the residual stream. */
  pushes(
    options: DictionaryChoice & LaneChoice & { readonly features: readonly number[]; readonly token: number },
    signal?: AbortSignal,
  ): Promise<readonly number[] | null>;
  /** Features that raise a token's logit most by their decoder row; none where the text is not one token. */
  featuresByToken(
    options: ModelChoice & LaneChoice & { readonly text: string; readonly limit: number },
    signal?: AbortSignal,
  ): Promise<readonly FeatureHit[]>;
  /** Labels that came with a dictionary, or were set since, by feature. */
  labels(choice: DictionaryChoice): ReadonlyMap<number, FeatureLabel>;
  /** A chat as the model's template writes it, without the BOS that it begins with: traces add theirs. */
  renderChat(options: ModelChoice & { readonly messages: readonly ChatMessage[] }): string;
  /** Features by label or number, best first. */
  searchFeatures(
    options: ModelChoice & { dictionary?: string | undefined; query: string; limit: number },
  ): readonly FeatureHit[];
  labelFeature(
    options: FeatureChoice & { readonly label: string | null; readonly source: string },
  ): FeatureLabel | null;
  /** Checks identities that hold on any model's own tensors, over a text. */
  identities(options: ModelChoice & Pick<TextOptions, 'text'>, signal?: AbortSignal): Promise<readonly IdentityCheck[]>;
  /** Answers at once, whatever runs. */
  status(): Promise<EngineStatus>;
  dispose(): Promise<void>;
}
/** Bytes of effects of features on tokens that are kept. */
const PUSHES_BYTES = 4 * 2 ** 20;

/** An engine over a runner. */
export function createEngine(options: EngineOptions): Engine {
  const { runner, modelMemoryLimit, sessionMemoryLimit, memoBytes = DEFAULT_MEMO_BYTES } = options;
  const scheduler = createScheduler(runner);
  const sessions = sessionCache(scheduler, sessionMemoryLimit);
  const registry = createRegistry();
  const memo = createMemo<TraceColumns>(memoBytes, columnsBytes);
  const effects = createMemo<readonly number[] | null>(PUSHES_BYTES, (found) => 8 * (found?.length ?? 0));
  const reuse = { batcher: traceBatcher(), cache: traceCache(options.prefixBytes ?? DEFAULT_PREFIX_BYTES) };
  const execution = (lane: Lane = 'batch') => sessions.on(lane);
  const open = residency(modelMemoryLimit, release);
  const checks = fitChecks((model, attached, signal) => measureFit(model, attached, 'batch', signal));
  const stats = new WeakMap<AttachedDictionary, Promise<FeatureStats>>();
  const memory = runtimeMemory(runner);

  /** Frees what a model or a dictionary holds, except what is in use. */
  async function release(digest: string): Promise<void> {
    memo.forget(digest);
    effects.forget(digest);
    reuse.cache.forget(execution(), digest);
    await sessions.drop(digest);
  }

  /** Work on a model and some of its dictionaries, which are open meanwhile. */
  function using<T>(
    model: LoadedModel,
    dictionaries: readonly AttachedDictionary[],
    work: () => Promise<T>,
  ): Promise<T> {
    return open.use([modelPart(model, runner.device), ...dictionaries.map(dictionaryPart)], work);
  }

  async function leave({ checkpoint, dictionaries }: LoadedModel): Promise<void> {
    for (const attached of dictionaries) checks.cancel(attached);
    for (const digest of [checkpoint.digest, ...dictionaries.map(({ dictionary }) => dictionary.digest)]) {
      open.remove(digest);
      await release(digest);
    }
  }

  async function measureFit(
    model: LoadedModel,
    attached: AttachedDictionary,
    lane: Lane | undefined,
    signal?: AbortSignal,
    onProgress?: OnProgress,
  ): Promise<FitReport> {
    const { dictionary } = attached;
    const ran = execution(lane);
    const onText = (fraction: number): void => onProgress?.({ message: `check ${dictionary.name}`, fraction });
    const source = calibrationSource(ran, model, onText);
    const report = await using(model, [attached], () =>
      checkFit(ran.runner, dictionary, model.checkpoint.spec, source, signal),
    );
    const { status, fvu, l0, cause } = report;
    attached.fit = { status, fvu, l0, cause };
    return report;
  }

  async function columns(
    { model: name, dictionaries, lane, ...request }: TraceCall,
    signal?: AbortSignal,
  ): Promise<ColumnsResult & { readonly tokenText: (id: number) => string }> {
    throwIfCancelled(signal);
    const model = registry.model(name);
    const chosen = dictionaries?.map((wanted) => registry.dictionary(model, wanted)) ?? [...model.dictionaries];
    const compute = (own: AbortSignal): Promise<TraceColumns> =>
      using(model, chosen, () => traceText(reuse, execution(lane), model, chosen, request, own));
    const passing = lane !== 'interactive';
    const found = await memo.get(traceKey(model, chosen, request), compute, signal, { passing });
    return {
      ...found,
      model: modelInfo(model),
      device: runner.device,
      dictionaries: new Map(
        chosen.map((attached) => [
          attached.dictionary.name,
          { info: dictionaryInfo(attached), labels: attached.labels },
        ]),
      ),
      tokenText: model.tokenizer.tokenText,
    };
  }

  return {
    async loadModel({ name, folder }) {
      const checkpoint = openCheckpoint(folder ?? locateFolder(name).folder);
      const same = () => {
        const known = registry.models.get(name);
        return known?.checkpoint.digest === checkpoint.digest ? known : undefined;
      };
      const plan = { predictions: true, device: runner.device, weights: 'packed' } as const;
      checkMemory(predictMemory(checkpoint, plan), modelMemoryLimit);
      const model = same() ?? (await loadModel(name, checkpoint));
      // Another request may have loaded it while this one read the tokenizer.
      const known = same();
      if (known) return modelInfo(known);
      const replaced = registry.models.get(name);
      registry.add(model);
      if (replaced) await leave(replaced);
      return modelInfo(model);
    },
    models: () => [...registry.models.values()].map(modelInfo),
    async unloadModel(name) {
      await leave(registry.remove(name));
    },
    async loadDictionary({ model: name, path, ...opening }) {
      const model = registry.model(name);
      const opened = await inTurns(openInPieces(locateFolder(path).folder, model.checkpoint.spec, opening));
      if (registry.model(name) !== model) {
        throw new SondeError('stale', `${model.name} was replaced while ${path} was read; attach it again.`);
      }
      return opened.map((dictionary) => {
        const known = registry.attached(model, dictionary);
        if (known) return dictionaryInfo(known);
        const labels = readLabels(dictionary.path);
        const attached = registry.attach(model, { dictionary, labels, fit: UNCHECKED });
        if (options.checkFits) checks.enqueue(model, attached);
        return dictionaryInfo(attached);
      });
    },
    dictionaries: ({ model }) => registry.model(model).dictionaries.map(dictionaryInfo),
    async unloadDictionary({ model, dictionary }) {
      const attached = registry.detach(registry.model(model), dictionary);
      checks.cancel(attached);
      open.remove(attached.dictionary.digest);
      await release(attached.dictionary.digest);
    },
    async checkDictionary({ model: name, dictionary, lane }, signal, onProgress) {
      const model = registry.model(name);
      const attached = registry.dictionary(model, dictionary);
      checks.cancel(attached);
      return measureFit(model, attached, lane, signal, onProgress);
    },
    tokenize: async ({ model, text, bos }) => tokenizeText(registry.model(model), text, bos),
    async trace(call, signal) {
      const { tokenText, ...found } = await columns(call, signal);
      return await viewTrace(found, tokenText);
    },
    traceColumns: columns,
    async activations({ model: name, hooks, lane, ...request }, signal) {
      const model = registry.model(name);
      return using(model, [], () => activationsOf(execution(lane), model, hooks, request, signal));
    },
    async feature({ model: name, dictionary, feature, count, lane }, signal) {
      const model = registry.model(name);
      const attached = registry.dictionary(model, dictionary);
      return using(model, [attached], () => featurePage(execution(lane), model, attached, feature, count, signal));
    },
    async featureStats({ model: name, dictionary }) {
      const model = registry.model(name);
      const attached = registry.dictionary(model, dictionary);
      const measure = (): Promise<FeatureStats> =>
        using(model, [attached], () => measureStats(reuse, execution(), model, attached));
      const known = stats.get(attached) ?? measure();
      stats.set(attached, known);
      // A failure, such as a restart of the runtime, is no reason never to try again.
      known.catch(() => stats.delete(attached));
      return known;
    },
    async pushes({ model: name, dictionary, features, token, lane }, signal) {
      const model = registry.model(name);
      const attached = registry.dictionary(model, dictionary);
      const { digest, folding } = attached.dictionary;
      const key = JSON.stringify([model.checkpoint.digest, digest, folding, token, features]);
      const compute = (own: AbortSignal): Promise<readonly number[] | null> =>
        using(model, [attached], () => pushes(execution(lane), model, attached, features, token, own));
      return effects.get(key, compute, signal);
    },
    async featuresByToken({ model: name, text, limit, lane }, signal) {
      const model = registry.model(name);
      return using(model, model.dictionaries, () => featuresByToken(execution(lane), model, text, limit, signal));
    },
    labels: ({ model, dictionary }) => registry.dictionary(registry.model(model), dictionary).labels,
    renderChat: ({ model, messages }) => renderChat(registry.model(model), messages),
    searchFeatures({ model: name, dictionary, query, limit }) {
      const model = registry.model(name);
      const among = dictionary === undefined ? model.dictionaries : [registry.dictionary(model, dictionary)];
      return searchFeatures(among, query, limit);
    },
    labelFeature({ model: name, dictionary, feature, label, source }) {
      return labelFeature(registry.dictionary(registry.model(name), dictionary), feature, label, source);
    },
    async identities({ model: name, text }, signal) {
      const model = registry.model(name);
      const { ids } = await encodeForModel(model, text, { bos: model.tokenizer.addsBos, truncate: true }, []);
      if (ids.length === 0) {
        throw new SondeError('invalid-params', 'The text has no tokens; identities need at least one.', {
          found: 0,
          expected: 'a text that is not empty',
        });
      }
      return using(model, [], () => checkIdentities(execution(), model.handle, ids, signal));
    },
    status: async () => ({
      device: runner.device,
      models: [...registry.models.values()].map(modelInfo),
      waiting: scheduler.waiting(),
      memo: memo.stats(),
      prefix: reuse.cache.stats(),
      sessions: sessions.usage(),
      resident: open.usage(),
      runtime: { ...(await memory()), restarts: runner.restarts?.() ?? 0, tokens: scheduler.tokens() },
    }),
    dispose() {
      checks.cancelAll();
      return runner.dispose();
    },
  };
}

/** Milliseconds that a status waits for the runtime's memory before it takes the last one known. */
const MEMORY_PATIENCE = 5;

/** Asks the runtime; where the system does not tell from outside, the answer waits behind a run. */
function runtimeMemory(runner: Runner): () => Promise<RunnerMemory> {
  let known: RunnerMemory = { rss: 0 };
  let asking: Promise<RunnerMemory> | null = null;
  return () => {
    asking ??= runner
      .memory()
      .then((memory) => (known = memory))
      .catch(() => known)
      .finally(() => {
        asking = null;
      });
    const patience = new Promise<RunnerMemory>((resolve) => setTimeout(() => resolve(known), MEMORY_PATIENCE));
    return Promise.race([asking, patience]);
  };
}
