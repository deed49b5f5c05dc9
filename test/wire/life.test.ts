/**
 * How a daemon begins and ends. The certificate of test/fixtures/tls was made by `openssl req -x509 -newkey ec -pkeyopt
 * ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=sonde-test -addext subjectAltName=IP:127.0.0.1,DNS:localhost`.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { connect } from '../../protocol/src/client.ts';
import { streamTransport, type WebSocketConstructor, webSocketTransport } from '../../protocol/src/transports.ts';
import { findDaemon } from '../../server/src/daemon/state.ts';
import { connectDaemon } from '../../server/src/rpc/connect.ts';
import { DICTIONARY, eventually, MAIN, MODEL, sonde, startTestDaemon, type TestDaemon } from '../support/daemon.ts';
import { fixturePath } from '../support/fixtures.ts';

const running: TestDaemon[] = [];
afterEach(async () => {
  for (const daemon of running.splice(0)) await daemon.end();
});

async function start(args: readonly string[] = [], environment: Record<string, string> = {}): Promise<TestDaemon> {
  const daemon = await startTestDaemon(args, environment);
  running.push(daemon);
  return daemon;
}

test('a second start finds the first; status shows it and stop ends it', async () => {
  const { state, folder, process: child } = await start();
  const environment = { SONDE_STATE_FOLDER: folder };
  const second = await sonde(['serve', '--json', '--model', MODEL], environment);
  expect(second).toMatchObject({ code: 0 });
  expect(JSON.parse(second.stdout)).toEqual(state);
  const status = await sonde(['status', '--json'], environment);
  expect(JSON.parse(status.stdout)).toMatchObject({ pid: state.pid, engine: { models: [{ n_layers: 2 }] } });
  expect(await sonde(['stop'], environment)).toMatchObject({ code: 0 });
  await eventually('the process has ended', () => child.exitCode === 0);
  expect(findDaemon(folder)).toBeNull();
  expect(await sonde(['status'], environment)).toMatchObject({ code: 10 });
});

test('two starts at once end with one daemon', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sonde-wire-'));
  const [one, two] = await Promise.all([
    startTestDaemon([], { SONDE_STATE_FOLDER: folder }),
    startTestDaemon([], { SONDE_STATE_FOLDER: folder }),
  ]);
  running.push(one, two);
  expect(one.state).toEqual(two.state);
  expect([one.process.pid, two.process.pid]).toContain(one.state.pid);
});

test('the lock of a daemon that was killed is taken over', async () => {
  const first = await start();
  first.process.kill('SIGKILL');
  await eventually('it is dead', () => first.process.signalCode !== null);
  expect(existsSync(join(first.folder, 'daemon.json'))).toBe(true);
  expect(findDaemon(first.folder)).toBeNull();
  const second = await start([], { SONDE_STATE_FOLDER: first.folder });
  expect(second.state.pid).not.toBe(first.state.pid);
  expect(second.token).not.toBe(first.token);
  await (await second.connect()).close();
});

test('SIGTERM drains: what is in flight is answered, nothing new begins', async () => {
  const daemon = await start([], { SONDE_DRAIN_SECONDS: '600' });
  const client = await daemon.connect();
  const [attached] = (await client.request('sonde/dictionary/list', {})).dictionaries;
  const long = client.request('sonde/dictionary/check', { dictionary: attached!.name });
  await eventually(
    'it is in flight',
    async () => (await client.request('sonde/daemon/status', {})).requests_in_flight > 1,
  );
  daemon.process.kill('SIGTERM');
  await eventually('new requests are refused', async () => {
    const outcome = await client.request('sonde/model/list', {}).catch((error) => error.kind);
    return outcome === 'shutting-down';
  });
  expect((await long).positions).toBeGreaterThan(0);
  expect(await client.closed).toContain('the daemon stopped');
  await eventually('the process has ended', () => daemon.process.exitCode === 0);
});

test('a daemon that nobody comes to ends after the idle time', async () => {
  const daemon = await start(['--idle-shutdown', '1']);
  await eventually('the process has ended', () => daemon.process.exitCode === 0);
  expect(daemon.log()).toContain('no client for 1 seconds');
});

test('beyond loopback TLS is required; with it a client that trusts the certificate is served', async () => {
  expect(await sonde(['serve', '--host', '0.0.0.0', '--json'])).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('in the clear'),
  });
  const certificate = fixturePath('tls', 'certificate.pem');
  const daemon = await start(['--tls-certificate', certificate, '--tls-key', fixturePath('tls', 'key.pem')]);
  const { url } = daemon.state;
  expect(url).toMatch(/^wss:/);
  const pem = readFileSync(certificate, 'utf8');
  const client = await connectDaemon({ url, token: daemon.token, certificate: pem }, 'test');
  expect((await client.request('sonde/model/list', {})).models).toHaveLength(1);
  await client.close();
  const untrusting = webSocketTransport({
    url,
    token: daemon.token,
    WebSocket: WebSocket as unknown as WebSocketConstructor,
  });
  await expect(untrusting).rejects.toThrow(/self-signed/);
});

test('a broken config is refused by name before anything starts', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'sonde-wire-')), 'config.json');
  writeFileSync(path, '{"prot": 1}');
  expect(await sonde(['serve', '--json', '--config', path])).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('prot'),
  });
});

test('one client is served over stdio, until it ends the stream', async () => {
  const args = [MAIN, 'serve', '--stdio', '--model', MODEL, '--dictionary', DICTIONARY];
  for (const codec of ['json', 'messagepack'] as const) {
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const transport = streamTransport({
      input: child.stdout,
      write: (bytes) => child.stdin.write(bytes),
      end: () => child.stdin.end(),
    });
    const client = await connect(transport, { name: 'test', codec });
    const trace = await client.request('sonde/trace/features', { text: 'abc' });
    expect(trace.runs[0]?.tokens.length).toBeGreaterThan(0);
    await client.close();
    await eventually('the process has ended', () => child.exitCode === 0);
  }
});
