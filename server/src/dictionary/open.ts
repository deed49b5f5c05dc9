/**
 * Opens a dictionary from a folder or file: the format is told by the files that are there, never by the name.
 * Deliberately absent: downloads; weights in memory, except where a file holds the decoder the other way round.
 */
import { basename, dirname, join, resolve } from 'node:path';
import { SondeError } from '../core/errors.ts';
import { atOnce, type Pieces } from '../core/turn.ts';
import { fileSize, listFolder } from '../files/file-reader.ts';
import { locateFolder } from '../files/hub-cache.ts';
import type { Dictionary, DictionaryFormat } from './dictionary.ts';
import { checkFits, type FittedModel } from './fits.ts';
import type { OpenDictionaryOptions } from './loaders/assemble.ts';
import { CIRCUIT_TRACER_CONFIG, isLayerFile, openCircuitTracer, openLayerFile } from './loaders/circuit-tracer.ts';
import { DICTIONARY_LEARNING_WEIGHTS, openDictionaryLearning } from './loaders/dictionary-learning.ts';
import { GEMMA_SCOPE_WEIGHTS, openGemmaScope } from './loaders/gemma-scope.ts';
import { GEMMA_SCOPE_2_WEIGHTS, openGemmaScope2 } from './loaders/gemma-scope-2.ts';
import { LLAMA_SCOPE_CONFIG, openLlamaScope } from './loaders/llama-scope.ts';
import { openSaeLens, SAELENS_CONFIG, SAELENS_WEIGHTS } from './loaders/saelens.ts';
import { openSparsify, SPARSIFY_WEIGHTS } from './loaders/sparsify.ts';

export type { OpenDictionaryOptions } from './loaders/assemble.ts';

interface Format {
  readonly format: DictionaryFormat;
  /** The files that tell it, for people. */
  readonly files: string;
  readonly matches: (files: ReadonlySet<string>) => boolean;
  readonly open: (
    folder: string,
    files: readonly string[],
    options: OpenDictionaryOptions,
  ) => Pieces<Dictionary | readonly Dictionary[]>;
}

const FORMATS: readonly Format[] = [
  {
    format: 'saelens',
    files: `${SAELENS_CONFIG} + ${SAELENS_WEIGHTS}`,
    matches: (files) => files.has(SAELENS_CONFIG) && files.has(SAELENS_WEIGHTS),
    open: (folder, _, options) => openSaeLens(folder, options),
  },
  {
    format: 'gemma-scope',
    files: GEMMA_SCOPE_WEIGHTS,
    matches: (files) => files.has(GEMMA_SCOPE_WEIGHTS),
    open: (folder, _, options) => openGemmaScope(join(folder, GEMMA_SCOPE_WEIGHTS), options),
  },
  {
    format: 'gemma-scope-2',
    files: `config.json + ${GEMMA_SCOPE_2_WEIGHTS}`,
    matches: (files) => files.has('config.json') && files.has(GEMMA_SCOPE_2_WEIGHTS),
    open: (folder, _, options) => openGemmaScope2(folder, options),
  },
  {
    format: 'llama-scope',
    files: `${LLAMA_SCOPE_CONFIG} + checkpoints/final.safetensors, or config.json + ${SAELENS_WEIGHTS}`,
    matches: (files) => files.has(LLAMA_SCOPE_CONFIG) || (files.has('config.json') && files.has(SAELENS_WEIGHTS)),
    open: (folder, files, options) => {
      const config = files.includes(LLAMA_SCOPE_CONFIG) ? LLAMA_SCOPE_CONFIG : 'config.json';
      return openLlamaScope(folder, config, options);
    },
  },
  {
    format: 'sparsify',
    files: `cfg.json + ${SPARSIFY_WEIGHTS}`,
    matches: (files) => files.has('cfg.json') && files.has(SPARSIFY_WEIGHTS),
    open: (folder, _, options) => openSparsify(folder, options),
  },
  {
    format: 'circuit-tracer',
    files: `${CIRCUIT_TRACER_CONFIG} + layer_{i}.safetensors`,
    matches: (files) => files.has(CIRCUIT_TRACER_CONFIG),
    open: openCircuitTracer,
  },
  {
    format: 'dictionary-learning',
    files: `config.json + ${DICTIONARY_LEARNING_WEIGHTS}`,
    matches: (files) => files.has('config.json') && files.has(DICTIONARY_LEARNING_WEIGHTS),
    open: (folder, _, options) => openDictionaryLearning(folder, options),
  },
];

/** Formats that can be opened, and the files that tell each. */
export const DICTIONARY_FORMATS: readonly { readonly format: DictionaryFormat; readonly files: string }[] = FORMATS.map(
  ({ format, files }) => ({ format, files }),
);

/**
 * Opens what lies at a path (a folder, one of its files, or a name in the Hugging Face cache), and checks that it fits
 * the model if one is given. A set of per-layer transcoders gives one dictionary per layer, in layer order.
 * @throws file-not-found; unsupported-format listing what was found and what is known; shape-mismatch, missing-tensor,
 *   corrupt-file, unsafe-file; unknown-hook; dictionary-mismatch.
 */
export function openDictionary(
  path: string,
  model: FittedModel | null = null,
  options: OpenDictionaryOptions = {},
): readonly Dictionary[] {
  return atOnce(openInPieces(path, model, options));
}

/** The same in pieces: its decoder norms are a reading of the whole decoder. */
export function* openInPieces(
  path: string,
  model: FittedModel | null,
  options: OpenDictionaryOptions,
): Pieces<readonly Dictionary[]> {
  const opened = [yield* openPath(path, options)].flat();
  if (model) for (const dictionary of opened) checkFits(dictionary, model);
  return opened;
}

function openPath(path: string, options: OpenDictionaryOptions): Pieces<Dictionary | readonly Dictionary[]> {
  if (fileSize(path) !== null) {
    const file = resolve(path);
    return isLayerFile(basename(file)) ? openLayerFile(file, options) : openFolder(dirname(file), options);
  }
  return openFolder(locateFolder(path).folder, options);
}

function openFolder(folder: string, options: OpenDictionaryOptions): Pieces<Dictionary | readonly Dictionary[]> {
  const files = listFolder(folder);
  const names = new Set(files);
  const matching = FORMATS.filter((format) => format.matches(names));
  const [format] = matching;
  if (format && matching.length === 1) return format.open(folder, files, options);
  const known = DICTIONARY_FORMATS.map((entry) => `${entry.format} (${entry.files})`).join('; ');
  const found = files.slice(0, 20);
  const problem =
    matching.length === 0
      ? 'holds no dictionary of a known format'
      : `could be ${matching.map((entry) => entry.format).join(' or ')}; keep one of them`;
  throw new SondeError(
    'unsupported-format',
    `${folder} ${problem}. Found: ${found.join(', ') || 'nothing'}. Known: ${known}.`,
    { path: folder, found, expected: DICTIONARY_FORMATS },
  );
}
