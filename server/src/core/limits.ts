/** Every bound on input and memory, in one place; the reason stands beside each number. */

/** A safetensors header is a few MB for the largest models; the reference implementation refuses above 100 MB. */
export const MAX_SAFETENSORS_HEADER_BYTES = 100_000_000;
/** JSON files read whole (configs, tokenizers); the largest tokenizers are about 35 MB. */
export const MAX_JSON_BYTES = 256 * 2 ** 20;
/** Rank of any stored tensor; ONNX Runtime's kernels assume small ranks too. */
export const MAX_TENSOR_RANK = 8;
/** Entries of a zip archive (npz, torch); real ones hold under a hundred. */
export const MAX_ZIP_ENTRIES = 10_000;
/** Inflated size against stored size; float data compresses by about 1.1×, so 100× is a bomb. */
export const MAX_ZIP_RATIO = 100;
/** Bytes of a pickled state dict's program (not its tensors). */
export const MAX_PICKLE_BYTES = 8 * 2 ** 20;
/** Text of one request, UTF-16 units. */
export const MAX_TEXT_LENGTH = 4 * 2 ** 20;
/** Features returned per token and dictionary. */
export const MAX_TOP_K = 1024;
/** Predicted next tokens returned per token. */
export const MAX_PREDICTIONS = 100;
/** Largest predicted memory of a loaded model unless the caller raises it: share of physical memory. */
export const DEFAULT_MEMORY_SHARE = 0.7;
