import { expect, test } from 'vitest';
import { type AccessPolicy, refusal, sameText } from '../../server/src/rpc/auth.ts';

const TOKEN = 'k3y-of_43-letters';
const POLICY: AccessPolicy = {
  token: TOKEN,
  hosts: new Set(['127.0.0.1:7717', 'localhost:7717', '[::1]:7717']),
  origins: new Set(['https://tools.example']),
};
const bearer = { authorization: `Bearer ${TOKEN}` };
const HOST = { host: '127.0.0.1:7717' };

test.each([
  ['the token in a header', { ...HOST, ...bearer }],
  ['the token in a subprotocol', { ...HOST, 'sec-websocket-protocol': `sonde.v1, sonde.token.${TOKEN}` }],
  ['a host in capitals', { host: 'LocalHost:7717', ...bearer }],
  ['an allowed origin', { ...HOST, ...bearer, origin: 'https://tools.example' }],
])('%s is admitted', (_, headers) => {
  expect(refusal(headers, POLICY)).toBeNull();
});

test.each([
  ['no token', { ...HOST }, 401],
  ['an empty token', { ...HOST, authorization: 'Bearer ' }, 401],
  ['a wrong token', { ...HOST, authorization: 'Bearer nonsense' }, 401],
  ['a token with more behind it', { ...HOST, authorization: `Bearer ${TOKEN}x` }, 401],
  ['the beginning of the token', { ...HOST, authorization: `Bearer ${TOKEN.slice(0, -1)}` }, 401],
  ['a token in a cookie', { ...HOST, cookie: `token=${TOKEN}` }, 401],
  ['basic authorisation', { ...HOST, authorization: `Basic ${TOKEN}` }, 401],
  ['no host', { ...bearer }, 421],
  ['a name that was made to resolve here', { host: 'evil.example:7717', ...bearer }, 421],
  ['another port', { host: '127.0.0.1:80', ...bearer }, 421],
  ['a host without port', { host: '127.0.0.1', ...bearer }, 421],
  ['a foreign origin with the right token', { ...HOST, ...bearer, origin: 'https://evil.example' }, 403],
  ['the origin of a file', { ...HOST, ...bearer, origin: 'null' }, 403],
  ['an origin that begins like an allowed one', { ...HOST, ...bearer, origin: 'https://tools.example.evil' }, 403],
])('%s is refused', (_, headers, status) => {
  expect(refusal(headers, POLICY)?.status).toBe(status);
});

test('a refusal does not repeat the token', () => {
  const refused = refusal({ ...HOST, authorization: 'Bearer my-other-secret' }, POLICY);
  expect(refused?.message).not.toContain('my-other-secret');
});

test('texts are compared whole', () => {
  expect(sameText('a', 'a')).toBe(true);
  expect(sameText('a', 'ab')).toBe(false);
  expect(sameText('', '')).toBe(true);
});
