/**
 * Rows that stay in this process between runs: keys and values of past tokens, which are too large to travel.
 * Invariant: all slots of a store hold equally many rows; a failed run leaves the store as it was.
 */
import type { Tensor as NativeTensor } from 'onnxruntime-node';
import { fault, SondeError } from '../core/errors.ts';
import type { ResidentRows, StoreId } from '../core/runner.ts';
import type { Tensor } from '../core/tensor.ts';

interface Store {
  /** Each with room for more rows than are valid: capacity grows by doubling. */
  readonly slots: Map<number, Float32Array>;
  rows: number;
}

export interface ResidentStores {
  /** Feeds that view the stored rows. @throws stale when the store holds fewer rows than the run wants to see. */
  feeds(resident: ResidentRows): Record<string, Tensor>;
  /** Appends a run's outputs after `resident.rows` rows. */
  keep(resident: ResidentRows, outputs: Readonly<Record<string, NativeTensor>>): void;
  drop(store: StoreId): null;
}

const FIRST_ROWS = 64;

export function residentStores(): ResidentStores {
  const stores = new Map<StoreId, Store>();
  return {
    feeds({ store: id, rows, width, feeds }) {
      const store = stores.get(id);
      const held = store?.rows ?? 0;
      if (rows > held) {
        const message = `Store ${id} holds ${held} rows, not ${rows}: the runtime process was restarted. Start from row 0.`;
        throw new SondeError('stale', message, { found: held, expected: rows });
      }
      const views: Record<string, Tensor> = {};
      for (const [name, slot] of Object.entries(feeds)) {
        const data =
          store?.slots.get(slot) ?? (rows === 0 ? new Float32Array() : fault(`store ${id} has no slot ${slot}`));
        views[name] = { dtype: 'float32', shape: [1, rows, width], data: data.subarray(0, rows * width) };
      }
      return views;
    },
    keep({ store: id, rows, width, keep }, outputs) {
      const store = stores.get(id) ?? { slots: new Map<number, Float32Array>(), rows: 0 };
      stores.set(id, store);
      for (const [name, slot] of Object.entries(keep)) {
        const fresh = (outputs[name] ?? fault(`the run gave no ${name}`)).data as Float32Array;
        const end = rows * width + fresh.length;
        const data = withRoom(store.slots.get(slot), rows * width, end, FIRST_ROWS * width);
        data.set(fresh, rows * width);
        store.slots.set(slot, data);
        store.rows = end / width;
      }
    },
    drop(id) {
      stores.delete(id);
      return null;
    },
  };
}

/** The array itself, or a copy of its first `valid` elements, with room for `wanted`. */
function withRoom(data: Float32Array | undefined, valid: number, wanted: number, least: number): Float32Array {
  if (data && data.length >= wanted) return data;
  let length = Math.max(least, data?.length ?? 0);
  while (length < wanted) length *= 2;
  const grown = new Float32Array(length);
  if (data) grown.set(data.subarray(0, valid));
  return grown;
}
