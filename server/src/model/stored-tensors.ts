/** Where a checkpoint folder's tensors lie: one safetensors file, or shards with their index. Reads headers only. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SondeError } from '../core/errors.ts';
import type { FileTensor } from '../core/tensor.ts';
import { fileSize, listFolder, readText, withFile } from '../files/file-reader.ts';
import { fileTensor, readSafetensorsHeader } from '../formats/safetensors.ts';
import { parseSafetensorsIndex } from '../formats/safetensors-index.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const SAMPLE_BYTES = 512;

export interface StoredTensors {
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** Bytes of all weight files. */
  readonly bytes: number;
  /** sha256, hex, of names, shapes, dtypes and places of all tensors and of a few hundred bytes of each. */
  readonly digest: string;
}

/**
 * Finds the tensors of a folder.
 * @throws file-not-found for a folder without weights or an absent shard; unsupported-format for `.bin` weights, with
 *   the command that converts them; missing-tensor when a shard lacks what the index promises; corrupt-file.
 */
export function readStoredTensors(folder: string): StoredTensors {
  const single = join(folder, SINGLE);
  const indexPath = join(folder, INDEX);
  if (fileSize(single) !== null) return collect([single]);
  if (fileSize(indexPath) === null) return noWeights(folder);
  const index = parseSafetensorsIndex(readText(indexPath), indexPath);
  const absent = index.shards.filter((shard) => fileSize(join(folder, shard)) === null);
  if (absent.length > 0) {
    throw new SondeError(
      'file-not-found',
      `${indexPath} names the shard ${absent[0]}, which is not in the folder (${absent.length} of ` +
        `${index.shards.length} shards are missing). Download the model again, completely.`,
      { path: indexPath, found: index.shards.length - absent.length, expected: index.shards, missing: absent },
    );
  }
  const stored = collect(index.shards.map((shard) => join(folder, shard)));
  for (const [name, shard] of index.weight_map) {
    const found = stored.tensors.get(name)?.path;
    if (found === join(folder, shard)) continue;
    const where = found === undefined ? 'no shard holds it' : `${found} holds it`;
    throw new SondeError('missing-tensor', `${indexPath} places tensor ${name} in ${shard}, but ${where}.`, {
      path: indexPath,
      found: found ?? null,
      expected: shard,
    });
  }
  return stored;
}

function collect(paths: readonly string[]): StoredTensors {
  const tensors = new Map<string, FileTensor>();
  const hash = createHash('sha256');
  let bytes = 0;
  for (const path of paths) {
    withFile(path, (reader) => {
      bytes += reader.size;
      for (const [name, entry] of readSafetensorsHeader(reader).tensors) {
        const other = tensors.get(name);
        if (other) {
          throw new SondeError('corrupt-file', `Tensor ${name} is stored twice: in ${other.path} and in ${path}.`, {
            path,
            found: [other.path, path],
          });
        }
        tensors.set(name, fileTensor(entry, path));
        // Fine-tuned models share every header with their base, so a little of the data tells them apart.
        const length = Math.min(entry.length, SAMPLE_BYTES);
        const middle = entry.offset + Math.floor((entry.length - length) / 2);
        hash.update(JSON.stringify([name, entry])).update(reader.read(middle, length));
      }
    });
  }
  return { tensors, bytes, digest: hash.digest('hex') };
}

function noWeights(folder: string): never {
  const files = listFolder(folder);
  const pickles = files.filter((file) => /^(pytorch_model|model).*\.(bin|pt|pth)(\.index\.json)?$/.test(file));
  if (pickles.length === 0) {
    throw new SondeError('file-not-found', `${folder} holds neither ${SINGLE} nor ${INDEX}.`, {
      path: folder,
      found: files.slice(0, 20),
      expected: [SINGLE, INDEX],
    });
  }
  throw new SondeError(
    'unsupported-format',
    `${folder} holds its weights as ${pickles[0]}; Sonde reads safetensors. Convert them with: ` +
      `python -c "import transformers as t; t.AutoModelForCausalLM.from_pretrained('${folder}').save_pretrained('${folder}')"`,
    { path: folder, found: pickles, expected: [SINGLE, INDEX] },
  );
}
