/**
 * The facade both doors talk to: models, dictionaries, tokens, traces. Every door makes one call here per request.
 * Results are plain readonly data. Deliberately absent: wire types, terminals, native code.
 */
import type { Runner } from '../core/runner.ts';
import { readLabels } from '../dictionary/labels.ts';
import { type OpenDictionaryOptions, openDictionary } from '../dictionary/open.ts';
import { locateFolder } from '../files/hub-cache.ts';
import { checkIdentities, type IdentityCheck } from '../methods/identities.ts';
import { checkMemory, predictMemory } from '../model/memory.ts';
import { dictionaryInfo, type LoadedModel, loadModel, modelInfo } from './models.ts';
import { createRegistry } from './registry.ts';
import type { ActivationsResult, DictionaryInfo, ModelInfo, TokenizeResult, TraceResult } from './results.ts';
import { sessionCache } from './session-cache.ts';
import { encodeForModel, tokenInfos } from './text.ts';
import { activationsOf, type TextOptions, type TraceOptions, traceText } from './tracing.ts';

export interface EngineOptions {
  readonly runner: Runner;
  /** Bytes that one model may be predicted to take. */
  readonly modelMemoryLimit: number;
  /** Bytes of open programs that are kept for reuse. */
  readonly sessionMemoryLimit: number;
}

/** Which loaded model is meant; the only one when absent. */
export interface ModelChoice {
  readonly model?: string | undefined;
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

export interface Engine {
  /** Opens a model. @throws artifact errors; too-large beyond the memory limit. */
  loadModel(options: LoadModelOptions): Promise<ModelInfo>;
  models(): readonly ModelInfo[];
  unloadModel(name: string): Promise<void>;
  /** Attaches a dictionary (or each layer's of a set). @throws artifact errors; dictionary-mismatch when it does not fit. */
  loadDictionary(options: LoadDictionaryOptions): Promise<readonly DictionaryInfo[]>;
  dictionaries(choice: ModelChoice): readonly DictionaryInfo[];
  unloadDictionary(options: ModelChoice & { readonly dictionary: string }): Promise<void>;
  tokenize(options: ModelChoice & Pick<TextOptions, 'text' | 'bos'>): Promise<TokenizeResult>;
  /** Features of every token, by the dictionaries named (all when absent). */
  trace(
    options: ModelChoice & TraceOptions & { readonly dictionaries?: readonly string[] | undefined },
    signal?: AbortSignal,
  ): Promise<TraceResult>;
  /** Raw tensors at hooks; the name `logits` among them gives logits. */
  activations(
    options: ModelChoice & TextOptions & { readonly hooks: readonly string[] },
    signal?: AbortSignal,
  ): Promise<ActivationsResult>;
  /** Checks identities that hold on any model's own tensors, over a text. */
  identities(options: ModelChoice & Pick<TextOptions, 'text'>, signal?: AbortSignal): Promise<readonly IdentityCheck[]>;
  dispose(): Promise<void>;
}

/** An engine over a runner. */
export function createEngine({ runner, modelMemoryLimit, sessionMemoryLimit }: EngineOptions): Engine {
  const execution = sessionCache(runner, sessionMemoryLimit);
  const registry = createRegistry();

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
      await execution.drop(checkpoint.digest);
    },
    async loadDictionary({ model: name, path, ...options }) {
      const model = registry.model(name);
      const opened = openDictionary(locateFolder(path).folder, model.checkpoint.spec, options);
      return opened.map((dictionary) =>
        dictionaryInfo(registry.attach(model, { dictionary, labels: readLabels(dictionary.path), fit: 'unchecked' })),
      );
    },
    dictionaries: ({ model }) => registry.model(model).dictionaries.map(dictionaryInfo),
    async unloadDictionary({ model, dictionary }) {
      const { digest } = registry.detach(registry.model(model), dictionary).dictionary;
      await execution.drop(digest);
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
    async trace({ model: name, dictionaries, ...options }, signal) {
      const model = registry.model(name);
      const chosen = dictionaries?.map((wanted) => registry.dictionary(model, wanted)) ?? [...model.dictionaries];
      return traceText(execution, model, chosen, options, signal);
    },
    async activations({ model: name, hooks, ...options }, signal) {
      return activationsOf(execution, registry.model(name), hooks, options, signal);
    },
    async identities({ model: name, text }, signal) {
      const model = registry.model(name);
      const { ids } = await encodeForModel(model, text, { bos: model.tokenizer.addsBos, truncate: true }, []);
      return checkIdentities(execution, model.handle, ids, signal);
    },
    dispose: () => runner.dispose(),
  };
}
