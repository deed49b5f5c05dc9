/**
 * Which model and dictionaries a text is read with: its front matter first, then the editor's settings, then what the
 * daemon has. Loads what is named and not there; a failure is kept for a while, so that typing does not repeat it.
 */
import { SondeError } from '../core/errors.ts';
import { lookUp } from '../core/hook-name.ts';
import type { DictionaryInfo } from '../engine/results.ts';
import type { PromptSettings } from '../prompt/unit.ts';
import type { EditorServices } from './services.ts';
import type { Settings } from './settings.ts';

export interface Choice {
  /** Name among the loaded models. */
  readonly model: string;
  /** Those chosen, in the order of the model's. */
  readonly dictionaries: readonly DictionaryInfo[];
}

export interface Chooser {
  /** @throws unknown-model, or what loading throws. */
  choose(settings: PromptSettings, uri: string): Promise<Choice>;
  /** The same at once; null while something loads, or failed. */
  known(settings: PromptSettings, uri: string): Choice | null;
  /** Forgets failures and finished loads. */
  reset(): void;
}

/** Milliseconds for which a failure stands. */
const PATIENCE = 10_000;

export function createChooser(services: EditorServices, settings: () => Settings): Chooser {
  const { engine } = services;
  const loads = new Map<string, { readonly done: Promise<Loaded>; result: Loaded | null; failedAt: number | null }>();

  function wanted(front: PromptSettings, uri: string): { model: string; dictionaries: readonly string[] } {
    const model = front.model ?? settings().model;
    const dictionaries = front.dictionaries ?? settings().dictionaries;
    return { model: resolved(model, uri), dictionaries: dictionaries.map((name) => resolved(name, uri)) };
  }

  async function load(model: string, dictionaries: readonly string[]): Promise<Loaded> {
    const name = await loadedModel(model);
    const attached: string[] = [];
    for (const path of dictionaries) {
      const known = engine.dictionaries({ model: name }).find((entry) => entry.name === path);
      if (known) attached.push(known.name);
      else {
        const opened = await engine.loadDictionary({ model: name, path: services.locate(path) });
        attached.push(...opened.map((entry) => entry.name));
      }
    }
    if (dictionaries.length > 0 || model !== '') services.changed(['models']);
    return { model: name, dictionaries: dictionaries.length === 0 ? null : attached };
  }

  async function loadedModel(model: string): Promise<string> {
    const models = engine.models();
    if (model === '') {
      const first = models[0];
      if (first) return first.name;
      throw new SondeError('unknown-model', 'The daemon has no model. Name one in the settings or in front matter.');
    }
    const known = models.find(({ name }) => name === model);
    return (known ?? (await engine.loadModel({ name: model, folder: services.locate(model) }))).name;
  }

  function start(front: PromptSettings, uri: string) {
    const { model, dictionaries } = wanted(front, uri);
    const key = JSON.stringify([model, dictionaries]);
    const known = loads.get(key);
    const expired = known?.failedAt !== null && known !== undefined && performance.now() - known.failedAt > PATIENCE;
    if (known && !expired) return known;
    const entry = {
      done: load(model, dictionaries),
      result: null as Loaded | null,
      failedAt: null as number | null,
    };
    loads.set(key, entry);
    entry.done.then(
      (result) => {
        entry.result = result;
      },
      () => {
        entry.failedAt = performance.now();
      },
    );
    return entry;
  }

  /** What was loaded may have been unloaded by somebody else. */
  function isThere({ model }: Loaded): boolean {
    return engine.models().some(({ name }) => name === model);
  }

  function choiceOf({ model, dictionaries }: Loaded, front: PromptSettings): Choice {
    const attached = engine.dictionaries({ model });
    const named = dictionaries === null ? attached : attached.filter(({ name }) => dictionaries.includes(name));
    const layer = front.layer ?? settings().layer;
    const { hook } = front;
    const chosen = named.filter(
      (entry) =>
        (layer === null || layerOf(entry) === layer) &&
        (hook === undefined || entry.hook_in === hook || entry.hook_out === hook),
    );
    return { model, dictionaries: chosen };
  }

  return {
    async choose(front, uri) {
      const loaded = await start(front, uri).done;
      if (isThere(loaded)) return choiceOf(loaded, front);
      loads.clear();
      return choiceOf(await start(front, uri).done, front);
    },
    known(front, uri) {
      const { result } = start(front, uri);
      return result && isThere(result) ? choiceOf(result, front) : null;
    },
    reset() {
      loads.clear();
    },
  };
}

interface Loaded {
  readonly model: string;
  /** Null for all that are attached. */
  readonly dictionaries: readonly string[] | null;
}

/** Block of the hook that a dictionary reads; −1 for hooks outside blocks. */
export function layerOf({ hook_in }: Pick<DictionaryInfo, 'hook_in'>): number {
  return lookUp(hook_in)?.layer ?? -1;
}

/** Names that begin with a dot lie beside the document that says them; one that no file can have is left as it is. */
function resolved(name: string, uri: string): string {
  if (!/^\.\.?\//.test(name) || !uri.startsWith('file:')) return name;
  try {
    const path = name.split('/').map(encodeURIComponent).join('/');
    return decodeURIComponent(new URL(path, uri).pathname).replace(/^\/([A-Za-z]:)/, '$1');
  } catch {
    return name;
  }
}
