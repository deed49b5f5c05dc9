import { expect, test } from 'vitest';
import { frameReader, writeFrame } from '../../protocol/src/framing.ts';

const FRAMES = ['{"a":"é😀"}', Uint8Array.of(0x93, 1, 2, 3), '', '[1]', 'x'.repeat(5000)];
const STREAM = Buffer.concat(FRAMES.map(writeFrame));

test.each([1, 2, 3, 7, 64, 4096, STREAM.length])('frames come back from chunks of %i bytes', (size) => {
  const read = frameReader(10_000);
  const found = [];
  for (let at = 0; at < STREAM.length; at += size) found.push(...read(STREAM.subarray(at, at + size)));
  expect(found).toEqual(FRAMES);
});

test('the header that other LSP libraries write is read', () => {
  const text = 'content-length: 2\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n{}';
  expect(frameReader(10)(Buffer.from(text))).toEqual(['{}']);
});

test.each([
  ['a body beyond the bound', 'Content-Length: 11\r\n\r\n', /11 bytes; at most 10/],
  ['no length', 'Content-Type: x\r\n\r\n', /without Content-Length/],
  ['a negative length', 'Content-Length: -1\r\n\r\n', /without Content-Length/],
  ['a header without end', 'x'.repeat(2000), /No header ended/],
  ['a body that is not UTF-8', Buffer.from('Content-Length: 1\r\n\r\n\xff', 'latin1'), /encoded data/],
])('%s ends the stream with an error', (_, bytes, message) => {
  expect(() => frameReader(10)(Buffer.from(bytes))).toThrow(message);
});
