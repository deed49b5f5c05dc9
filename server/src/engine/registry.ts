/** Which models and dictionaries are loaded, by name. Invariant: names are unique; errors list what is there. */
import { nearest, SondeError } from '../core/errors.ts';
import type { Dictionary } from '../dictionary/dictionary.ts';
import type { AttachedDictionary, LoadedModel } from './models.ts';

export interface Registry {
  readonly models: ReadonlyMap<string, LoadedModel>;
  /** The named model, or the only one. @throws unknown-model listing what is loaded. */
  model(name: string | undefined): LoadedModel;
  /** @throws unknown-dictionary listing what is attached. */
  dictionary(model: LoadedModel, name: string): AttachedDictionary;
  /** Puts a model in; one of the same name is replaced. */
  add(model: LoadedModel): void;
  remove(name: string): LoadedModel;
  /** The same dictionary, read in the same way, where it is attached already. */
  attached(model: LoadedModel, dictionary: Dictionary): AttachedDictionary | undefined;
  /** Attaches a dictionary under a name of its own: `name`, or `name#2` where that is taken. */
  attach(model: LoadedModel, attached: AttachedDictionary): AttachedDictionary;
  detach(model: LoadedModel, name: string): AttachedDictionary;
}

export function createRegistry(): Registry {
  const models = new Map<string, LoadedModel>();

  const registry: Registry = {
    models,
    model(name) {
      if (name === undefined && models.size === 1) return [...models.values()][0]!;
      const found = name === undefined ? undefined : models.get(name);
      if (found) return found;
      const loaded = [...models.keys()];
      const problem = name === undefined ? 'Several models may be meant' : `No model "${name}" is loaded`;
      const what = loaded.length === 0 ? 'No model is loaded' : problem;
      throw new SondeError(
        'unknown-model',
        `${what}. Loaded: ${loaded.join(', ') || 'none'}. Load one by path or hub id, or name one of these.`,
        {
          found: name ?? null,
          expected: loaded,
        },
      );
    },
    dictionary(model, name) {
      const found = model.dictionaries.find(({ dictionary }) => dictionary.name === name);
      if (found) return found;
      const near = nearest(
        name,
        model.dictionaries.map(({ dictionary }) => dictionary.name),
      );
      throw new SondeError(
        'unknown-dictionary',
        `No dictionary "${name}" is attached to ${model.name}. Attached: ${near.join(', ') || 'none'}.`,
        {
          found: name,
          nearest: near,
        },
      );
    },
    add(model) {
      models.set(model.name, model);
    },
    remove(name) {
      const model = registry.model(name);
      models.delete(model.name);
      return model;
    },
    attached: (model, dictionary) => model.dictionaries.find((entry) => isSame(entry.dictionary, dictionary)),
    attach(model, attached) {
      const taken = new Set(model.dictionaries.map(({ dictionary }) => dictionary.name));
      const { name } = attached.dictionary;
      let unique = name;
      for (let i = 2; taken.has(unique); i++) unique = `${name}#${i}`;
      const entry = { ...attached, dictionary: { ...attached.dictionary, name: unique } };
      model.dictionaries.push(entry);
      return entry;
    },
    detach(model, name) {
      const entry = registry.dictionary(model, name);
      model.dictionaries.splice(model.dictionaries.indexOf(entry), 1);
      return entry;
    },
  };
  return registry;
}

/** Whether results would be the same under the same name; an attached one may carry a number after its name. */
function isSame(attached: Dictionary, opened: Dictionary): boolean {
  const fields = ['digest', 'path', 'hook_in', 'hook_out', 'head_index', 'folding', 'center_input'] as const;
  const isNamed = attached.name === opened.name || attached.name.replace(/#\d+$/, '') === opened.name;
  return isNamed && fields.every((field) => attached[field] === opened[field]);
}
