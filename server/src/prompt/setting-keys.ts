/** The settings that front matter knows, as data: for reading, completion and hover. */
import { MAX_LAYERS, MAX_TOP_K } from '../core/limits.ts';

/** What a value must be. Bounds are inclusive. */
export type SettingType =
  | { readonly kind: 'string' | 'strings' | 'boolean' }
  | { readonly kind: 'integer' | 'number'; readonly least: number; readonly most: number };

export interface SettingKey {
  readonly name: 'model' | 'dictionaries' | 'layer' | 'hook' | 'features' | 'top_k' | 'threshold' | 'chat';
  readonly type: SettingType;
  /** One sentence for hover and completion. */
  readonly description: string;
  /** A value as it may be written. */
  readonly example: string;
}

export const SETTING_KEYS: readonly SettingKey[] = [
  {
    name: 'model',
    type: { kind: 'string' },
    description: 'The model that reads the prompt: the id of a loaded one, a Hugging Face id, or a folder.',
    example: 'gpt2',
  },
  {
    name: 'dictionaries',
    type: { kind: 'strings' },
    description: 'The dictionaries whose features are shown: ids, Hugging Face ids or folders.',
    example: '[path/to/sae]',
  },
  {
    name: 'layer',
    type: { kind: 'integer', least: 0, most: MAX_LAYERS - 1 },
    description: 'Shows features of this block only; 0 is the first.',
    example: '8',
  },
  {
    name: 'hook',
    type: { kind: 'string' },
    description: 'Shows features at this hook only.',
    example: 'blocks.8.hook_resid_pre',
  },
  {
    name: 'features',
    type: { kind: 'strings' },
    description: 'Features that come first wherever they fire: labels, or numbers with their dictionary.',
    example: '[French, "layer_2 #40"]',
  },
  {
    name: 'top_k',
    type: { kind: 'integer', least: 1, most: MAX_TOP_K },
    description: 'Features shown per token.',
    example: '3',
  },
  {
    name: 'threshold',
    type: { kind: 'number', least: 0, most: 1 },
    description: 'Least activation of a feature that is shown, as a share of the largest known of it.',
    example: '0.5',
  },
  {
    name: 'chat',
    type: { kind: 'boolean' },
    description: 'Lines "system:", "user:" and "assistant:" open turns of a chat, rendered by the chat template.',
    example: 'true',
  },
];

/** The key of a name as it is written (`top-k` is `top_k`), or null. */
export function settingKey(written: string): SettingKey | null {
  const name = written.toLowerCase().replaceAll('-', '_');
  return SETTING_KEYS.find((key) => key.name === name) ?? null;
}

/** Whether a name is the beginning of a key. */
export function beginsSetting(written: string): boolean {
  const name = written.toLowerCase().replaceAll('-', '_');
  return SETTING_KEYS.some((key) => key.name.startsWith(name));
}

/** The type in words. */
export function typeInWords(type: SettingType): string {
  switch (type.kind) {
    case 'string':
      return 'a text';
    case 'strings':
      return 'a text or a list of texts';
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `an integer from ${type.least} to ${type.most}`;
    case 'number':
      return `a number of at least ${type.least}`;
  }
}
