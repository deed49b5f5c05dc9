/** Assembles pickle programs opcode by opcode, as an attacker would. */

/** Bytes of a program from opcode characters, byte values and byte arrays. */
export function pickle(...parts: readonly (string | number | Uint8Array)[]): Uint8Array {
  const buffers = parts.map((part) => {
    if (typeof part === 'string') return Buffer.from(part, 'latin1');
    return typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part);
  });
  return new Uint8Array(Buffer.concat(buffers));
}

/** BINUNICODE: pushes a text. */
export function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return pickle('X', uint32(bytes.length), bytes);
}

/** BININT: pushes a number. */
export function integer(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return pickle('J', bytes);
}

/** GLOBAL: pushes a name. */
export function global(module: string, name: string): Uint8Array {
  return pickle(`c${module}\n${name}\n`);
}

/** A persistent id of a storage, then a tensor over it. */
export function tensorOf(
  storage: string,
  key: string,
  length: number,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
) {
  const tuple = (numbers: readonly number[]): Uint8Array => pickle('(', ...numbers.map(integer), 't');
  const id = pickle('(', text('storage'), global('torch', storage), text(key), text('cpu'), integer(length), 't', 'Q');
  const hooks = pickle(global('collections', 'OrderedDict'), ')R');
  const call = global('torch._utils', '_rebuild_tensor_v2');
  return pickle(call, '(', id, integer(offset), tuple(shape), tuple(strides), 0x89, hooks, 'tR');
}

/** A program whose result is {name: value}. */
export function dictOf(name: string, value: Uint8Array): Uint8Array {
  return pickle(0x80, 2, '}', text(name), value, 's.');
}

export function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
