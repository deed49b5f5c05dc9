import { expect, test } from 'vitest';
import { tellable } from '../../client-vscode/src/client/errors.ts';
import { failureOf, type Remains } from '../../client-vscode/src/client/failure.ts';

function check(kind: string, message: RegExp, remains: Partial<Remains>): void {
  const failure = failureOf({ code: 1, stderr: '', ...remains });
  expect(failure.kind).toBe(kind);
  expect(failure.message).toMatch(message);
}

test.each<[string, RegExp, Partial<Remains>]>([
  ['token', /refuses/, { stderr: 'Error: Unexpected server response: 401\n    at Socket.emit (node:events)\n' }],
  ['token', /refuses/, { code: 5, stderr: 'unauthorised: the token is wrong' }],
  ['token', /none is kept/, { code: 5, stderr: 'SONDE_TOKEN is not set; it holds the token of example.org.' }],
  ['setting', /expected wss/, { code: 2, stderr: '--url is http://x; expected wss://host:port.' }],
  ['setting', /self-signed certificate; "sonde.daemon.certificate"/, { stderr: 'Error: self-signed certificate\n' }],
  ['setting', /no such file/, { code: 3, stderr: 'The certificate c.pem cannot be read: no such file.' }],
  ['version', /speaks ""/, { stderr: 'ws://127.0.0.1:1/lsp speaks ""; expected sonde.v1.' }],
  ['version', /newer/, { code: 5, stderr: 'The daemon is newer; stop it with "sonde stop".' }],
  ['version', /protocol version 2/, { error: 'This daemon speaks protocol version 2.' }],
  ['lost', /ECONNREFUSED/, { stderr: 'connect ECONNREFUSED 127.0.0.1:4290' }],
  ['lost', /ended the connection/, { code: null }],
])('%s: %s', (kind, message, remains) => check(kind, message, remains));

test('of many lines the last that tells speaks, without colours and places', () => {
  check('lost', /^the daemon is stopping$/, {
    stderr: 'a warning\n\u001b[31msonde: the daemon is stopping\u001b[39m\n    at Socket.emit (node:events)\n}\n',
  });
});

test('a request that was overtaken is no error to tell', () => {
  const coded = (code: number): Error => Object.assign(new Error('gone'), { code });
  expect([-32800, -32801, -32802, -32603].map((code) => tellable(coded(code)))).toEqual([
    undefined,
    undefined,
    undefined,
    'gone',
  ]);
  expect(tellable('text')).toBe('text');
});
