/** A page in a real browser: one of a foreign origin gets nowhere, an allowed one uses the typed client. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Codec } from '../../protocol/src/codec.ts';
import type { WebSocketConstructor } from '../../protocol/src/transports.ts';
import { browserPlan } from '../support/browser.ts';
import { startTestDaemon, type TestDaemon } from '../support/daemon.ts';

const PROTOCOL = fileURLToPath(new URL('../../protocol/src/index.ts', import.meta.url));

type Client = typeof import('../../protocol/src/index.ts');

/** Hands the client to what a test evaluates, which can import nothing itself. */
const PAGE =
  '<!doctype html><script type="module">import * as sonde from "/client.js"; globalThis.sonde = sonde;</script>';

let pages: Server;
let browser: Browser;
let daemon: TestDaemon;
let allowed: string;
let foreign: string;

beforeAll(async () => {
  const plan = browserPlan();
  if ('missing' in plan) throw new Error(plan.missing);
  // The client as a page would bundle it: nothing of Node is there.
  const bundle = (await build({
    logLevel: 'error',
    configFile: false,
    build: { write: false, minify: false, lib: { entry: PROTOCOL, formats: ['es'], fileName: 'client' } },
  })) as unknown as { output: { code: string }[] }[];
  const script = bundle[0]!.output[0]!.code;
  pages = createServer((request, response) => {
    const isScript = request.url === '/client.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : PAGE);
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  const { port } = pages.address() as AddressInfo;
  // One server under two names: two origins.
  allowed = `http://127.0.0.1:${port}`;
  foreign = `http://localhost:${port}`;
  daemon = await startTestDaemon(['--allow-origin', allowed]);
  browser = await chromium.launch({ executablePath: plan.executable, args: ['--no-sandbox'], timeout: 0 });
});
afterAll(async () => {
  await browser?.close();
  await daemon?.end();
  pages?.close();
});

async function pageAt(origin: string): Promise<Page> {
  const page = await browser.newPage();
  // The test's own limit is the one that counts.
  page.setDefaultTimeout(0);
  await page.goto(origin);
  return page;
}

/** What becomes of a WebSocket that the page opens. */
function knock(page: Page, url: string, protocols: string[]): Promise<string> {
  return page.evaluate(
    ([address, names]) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(address, names);
        socket.onopen = () => resolve('open');
        socket.onclose = ({ code }) => resolve(`closed with ${code}`);
      }),
    [url, protocols] as const,
  ) as Promise<string>;
}

test('a page of a foreign origin is refused, even with the right token', async () => {
  const page = await pageAt(foreign);
  const protocols = ['sonde.v1', `sonde.token.${daemon.token}`];
  expect(await knock(page, daemon.state.url, [])).toBe('closed with 1006');
  expect(await knock(page, daemon.state.url, protocols)).toBe('closed with 1006');
  expect(await knock(page, `${daemon.state.url}?token=${daemon.token}`, ['sonde.v1'])).toBe('closed with 1006');
  expect(daemon.log()).toContain(`"origin":"${foreign}"`);
});

test('a page of a foreign origin reads neither health nor metrics', async () => {
  const page = await pageAt(foreign);
  for (const path of ['/healthz', '/metrics']) {
    const outcome = await page.evaluate(
      (url) =>
        fetch(url).then(
          (response) => response.text(),
          (error) => `refused: ${error.name}`,
        ),
      `http://127.0.0.1:${daemon.state.port}${path}`,
    );
    expect(outcome).toBe('refused: TypeError');
  }
});

test.each(['json', 'messagepack'])(
  'an allowed page traces a text and decodes a tensor through the client, over %s',
  async (codec) => {
    const page = await pageAt(allowed);
    const found = await page.evaluate(
      async ([url, token, chosen]) => {
        const { connect, webSocketTransport, fromWireTensor } = (globalThis as unknown as { sonde: Client }).sonde;
        const transport = await webSocketTransport({
          url,
          token,
          WebSocket: WebSocket as unknown as WebSocketConstructor,
        });
        const client = await connect(transport, { name: 'page', codec: chosen as Codec });
        const { runs } = await client.request('sonde/trace/features', { text: 'the cat' });
        const { tensors } = await client.request('sonde/trace/activations', { text: 'the cat', hooks: ['hook_embed'] });
        await client.close();
        const { shape, data } = fromWireTensor(tensors.hook_embed!);
        return {
          tokens: runs[0]!.tokens.length,
          shape,
          sum: Array.from(data as Float32Array).reduce((a, b) => a + b, 0),
        };
      },
      [daemon.state.url, daemon.token, codec] as const,
    );
    const client = await daemon.connect();
    const { tokens } = await client.request('sonde/text/tokenize', { text: 'the cat' });
    await client.close();
    expect(found.tokens).toBe(tokens.length);
    expect(found.shape).toEqual([1, tokens.length, 24]);
    expect(Number.isFinite(found.sum) && found.sum !== 0).toBe(true);
  },
);
