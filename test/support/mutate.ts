/** Seeded damage to valid files: what disks, downloads and attackers do. */

/** A random source of 32-bit numbers (mulberry32): the same seed gives the same damage on every machine. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) % below;
  };
}

const EXTREMES = [0, 1, 7, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** A damaged copy; `focus` is the range, [start, end), where most of the damage falls. */
export function mutate(
  bytes: Uint8Array,
  random: (below: number) => number,
  focus: readonly [number, number],
): Uint8Array {
  let copy = bytes.slice();
  const place = (): number => {
    const [start, end] = random(4) === 0 ? [0, copy.length] : focus;
    return Math.min(start + random(Math.max(end - start, 1)), Math.max(copy.length - 1, 0));
  };
  for (let count = 1 + random(3); count > 0; count--) {
    const at = place();
    const view = new DataView(copy.buffer);
    switch (random(7)) {
      case 0:
        copy = copy.slice(0, at);
        break;
      case 1:
        copy[at] = copy[at]! ^ (1 << random(8));
        break;
      case 2:
        copy[at] = random(256);
        break;
      case 3:
        copy = insert(
          copy,
          at,
          Uint8Array.from({ length: 1 + random(9) }, () => random(256)),
        );
        break;
      case 4:
        if (at + 4 <= copy.length) view.setUint32(at, EXTREMES[random(EXTREMES.length)]!, true);
        break;
      case 5:
        copyRange(copy, at, place(), 1 + random(16));
        break;
      default:
        changeDigit(copy, at, random);
    }
  }
  return copy;
}

function insert(bytes: Uint8Array<ArrayBuffer>, at: number, added: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length + added.length);
  out.set(bytes.subarray(0, at));
  out.set(added, at);
  out.set(bytes.subarray(at), at + added.length);
  return out;
}

/** Puts one field where another was: swapped offsets, repeated names, sizes in the wrong place. */
function copyRange(bytes: Uint8Array, from: number, to: number, length: number): void {
  bytes.set(bytes.slice(from, Math.min(from + length, bytes.length - to + from)), to);
}

/** Changes the nearest decimal digit at or after `at`: numbers in textual headers. */
function changeDigit(bytes: Uint8Array, at: number, random: (below: number) => number): void {
  for (let i = at; i < bytes.length; i++) {
    if (bytes[i]! < 0x30 || bytes[i]! > 0x39) continue;
    bytes[i] = 0x30 + random(10);
    return;
  }
}
