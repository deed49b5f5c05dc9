import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ConfigInput, configSchema, readConfig } from '../../server/src/daemon/config.ts';
import { allowedHosts, localName } from '../../server/src/daemon/hosts.ts';
import { expectError } from '../support/expect-error.ts';

const file = (config: object): { path: string; text: string } => ({ path: 'c.json', text: JSON.stringify(config) });

test('options win over the environment, the environment over the file, the file over defaults', () => {
  const given = file({ port: 1, max_clients: 1, device: 'cpu' });
  const config = readConfig(given, { SONDE_PORT: '2', SONDE_MAX_CLIENTS: '2' }, { port: 3 });
  expect(config).toMatchObject({ port: 3, max_clients: 2, device: 'cpu', host: '127.0.0.1' });
});

test('variables hold words, numbers and JSON, and those that are not ours are left alone', () => {
  const environment = {
    SONDE_MODEL: '123',
    SONDE_ROOTS: '["/a","/b"]',
    SONDE_REQUIRE: 'x',
    SONDE_IDLE_SHUTDOWN_SECONDS: '1.5',
  };
  expect(readConfig(null, environment, {})).toMatchObject({
    model: '123',
    roots: ['/a', '/b'],
    idle_shutdown_seconds: 1.5,
  });
});

test.each<[string, object, Record<string, string>, Partial<ConfigInput>, string[]]>([
  ['a misspelt field', { prot: 1 }, {}, {}, ['c.json', 'prot']],
  ['a wrong type', { port: 'x' }, {}, {}, ['c.json: port']],
  ['a port beyond range', {}, {}, { port: 70_000 }, ['options: port']],
  ['a variable that is no number', {}, { SONDE_PORT: 'many' }, {}, ['SONDE_PORT is not JSON']],
  ['a variable out of range', {}, { SONDE_MAX_CLIENTS: '0' }, {}, ['environment: max_clients']],
  ['an open address without TLS', { host: '0.0.0.0' }, {}, {}, ['0.0.0.0', 'in the clear']],
  ['an address that only begins like loopback', { host: '127.0.0.1.evil.example' }, {}, {}, ['in the clear']],
])('%s is refused by name', (_, config, environment, options, texts) => {
  expectError('invalid-params', () => readConfig(file(config), environment, options), ...texts);
});

test('an open address with TLS is taken', () => {
  const tls = { certificate: 'c.pem', key: 'k.pem' };
  expect(readConfig(file({ host: '0.0.0.0', tls }), {}, {})).toMatchObject({ tls });
});

test('server/config.schema.json is current (else: npm run config-schema -w server)', () => {
  const committed = readFileSync(new URL('../../server/config.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(committed)).toEqual(configSchema());
});

test.each([
  ['loopback', '127.0.0.1', 7717, [], ['127.0.0.1:7717', 'localhost:7717', '[::1]:7717'], ['localhost', '127.0.0.1']],
  [
    'a name of its own',
    '10.0.0.5',
    7717,
    ['Lab.Example', 'x.example:1'],
    ['10.0.0.5:7717', 'lab.example:7717', 'x.example:1'],
    ['localhost:7717'],
  ],
  ['the port that browsers leave out', '10.0.0.5', 443, [], ['10.0.0.5', '10.0.0.5:443'], []],
  ['IPv6', 'fd00::1', 7717, [], ['[fd00::1]:7717'], ['fd00::1:7717']],
  ['every address', '0.0.0.0', 7717, [], ['127.0.0.1:7717', 'localhost:7717'], ['0.0.0.0.evil:7717']],
])('the hosts of %s', (_, host, port, allowed_hosts, expected, others) => {
  const hosts = allowedHosts({ host, allowed_hosts }, port);
  for (const name of expected) expect(hosts).toContain(name);
  for (const name of others) expect(hosts).not.toContain(name);
});

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['::', '[::1]'],
  ['fd00::1', '[fd00::1]'],
  ['Lab.Example', 'lab.example'],
])('a daemon at %s is found at a name that it answers to', (host, expected) => {
  expect(localName(host)).toBe(expected);
  expect(allowedHosts({ host, allowed_hosts: [] }, 7717)).toContain(`${expected}:7717`);
});
