/**
 * Whole tensors that stay in this process, or on its device, between runs: parameters and moments in training.
 * Invariant: a tensor on a device is only ever fed, never read, since reading one aborts the process.
 */
import type { Tensor as NativeTensor } from 'onnxruntime-node';
import { fault, SondeError } from '../core/errors.ts';
import type { ResidentTensors, StoreId } from '../core/runner.ts';

export interface ResidentTensorStores {
  /** Feeds by program input. @throws stale when the store lacks one of them. */
  feeds(resident: ResidentTensors): Record<string, NativeTensor>;
  /** Replaces stored tensors by a run's outputs. */
  keep(resident: ResidentTensors, outputs: Readonly<Record<string, NativeTensor>>): void;
  drop(store: StoreId): void;
}

export function residentTensors(): ResidentTensorStores {
  const stores = new Map<StoreId, Map<string, NativeTensor>>();
  return {
    feeds({ store: id, tensors }) {
      const store = stores.get(id);
      return Object.fromEntries(
        Object.entries(tensors).map(([input, name]) => [input, store?.get(name) ?? missing(id, name)]),
      );
    },
    keep({ store: id, keep }, outputs) {
      const store = stores.get(id) ?? new Map<string, NativeTensor>();
      stores.set(id, store);
      for (const [output, name] of Object.entries(keep)) {
        const replaced = store.get(name);
        store.set(name, outputs[output] ?? fault(`the run gave no ${output}`));
        replaced?.dispose();
      }
    },
    drop(id) {
      for (const tensor of stores.get(id)?.values() ?? []) tensor.dispose();
      stores.delete(id);
    },
  };
}

function missing(id: StoreId, name: string): never {
  throw new SondeError(
    'stale',
    `Store ${id} holds no tensor ${name}: the runtime process was restarted. Load the last checkpoint.`,
    { found: null, expected: name },
  );
}
