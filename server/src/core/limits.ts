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
/** Bytes copied out of an archive that the ratio does not count: a tensor of zeros legitimately deflates by 1000×. */
export const ZIP_RATIO_FREE_BYTES = 64 * 2 ** 20;
/** Bytes of a zip's central directory; an entry of a real archive takes about a hundred. */
export const MAX_ZIP_DIRECTORY_BYTES = 16 * 2 ** 20;
/** Bytes of one .npy header; numpy itself refuses to evaluate headers above 10,000 characters. */
export const MAX_NPY_HEADER_BYTES = 10_000;
/** Blocks of a model; the deepest published have under 200. */
export const MAX_LAYERS = 1024;
/** Dimensions of one attention head; published models stay at or below 512. */
export const MAX_HEAD_SIZE = 65_536;
/** Bytes of a pickled state dict's program (not its tensors). */
export const MAX_PICKLE_BYTES = 8 * 2 ** 20;
/** Pickle opcodes executed and values unfolded from the result; a tensor takes about forty opcodes. */
export const MAX_PICKLE_OPERATIONS = 1_000_000;
/** Nesting of a state dict's values; real ones have two or three levels. */
export const MAX_PICKLE_DEPTH = 32;
/** Nesting of JSON that is scanned for repeated keys; a safetensors header has three levels. */
export const MAX_JSON_DEPTH = 64;
/** Bytes of a YAML config; a list of a hundred transcoders takes about ten thousand. */
export const MAX_YAML_BYTES = 64 * 2 ** 10;
/** Columns of indentation, indicators of one line, brackets of a YAML config; real ones use two or three. */
export const MAX_YAML_NESTING = 64;
/** Text of one request, UTF-16 units. */
export const MAX_TEXT_LENGTH = 4 * 2 ** 20;
/** Features returned per token and dictionary. */
export const MAX_TOP_K = 1024;
/** Predicted next tokens returned per token. */
export const MAX_PREDICTIONS = 100;
/** Largest predicted memory of a loaded model unless the caller raises it: share of physical memory. */
export const DEFAULT_MEMORY_SHARE = 0.7;
/** Finished traces that are kept unless told otherwise: a few thousand paragraphs with one dictionary. */
export const DEFAULT_MEMO_BYTES = 128 * 2 ** 20;
/** Texts in work, unless told otherwise: twenty of GPT-2's longest, keys and values included. */
export const DEFAULT_PREFIX_BYTES = 1024 * 2 ** 20;
/** Tensors in one message to or from the runtime process, bytes; structured clones fail near 2 GiB. */
export const MAX_RUNTIME_MESSAGE_BYTES = 2 ** 30;
