/** `sonde lsp --stdio`: an editor's line to the daemon, which is started if none runs. */
import { readFileSync } from 'node:fs';
import { PROTOCOL_VERSION } from '@sonde/protocol';
import { Command } from 'commander';
import { SondeError } from '../../core/errors.ts';
import type { DaemonState } from '../../daemon/state.ts';
import { CLIENT_EXIT } from '../../lsp/transport.ts';
import type { DaemonAddress } from '../../rpc/connect.ts';
import { NOT_FRAMED, relay, STREAM_BROKE, STREAM_ENDED } from '../../rpc/relay.ts';
import { addressOf, ensureDaemon } from '../daemon-client.ts';
import { editorSide } from '../editor-side.ts';
import { type SetExitCode, wholeNumber } from '../options.ts';
import { printWarnings } from '../output.ts';
import { VERSION } from '../version.ts';

/** Bytes of one message from the editor: a document may be long; the daemon has a bound of its own. */
const MAX_MESSAGE_BYTES = 256 * 2 ** 20;

/** Holds the token of a daemon elsewhere; an argument would be seen by everybody on the machine. */
const TOKEN_VARIABLE = 'SONDE_TOKEN';

interface Options {
  readonly url?: string;
  readonly certificate?: string;
  readonly idleShutdown?: number;
}

export function lspCommand(_: SetExitCode): Command {
  return new Command('lsp')
    .description('connect an editor on standard input and output to the daemon, starting it if none runs')
    .requiredOption('--stdio', 'the only way so far')
    .option('--url <address>', `a daemon elsewhere, wss://host:port; its token is taken from ${TOKEN_VARIABLE}`)
    .option('--certificate <path>', 'PEM file of a certificate to trust')
    .option(
      '--idle-shutdown <seconds>',
      'a daemon that is started here stops when no client was there so long, 0 is never (default: 1800)',
      wholeNumber(0),
    )
    .action(async (options: Options) => {
      const { url: elsewhere, idleShutdown } = options;
      const address =
        elsewhere === undefined ? addressOf(sameVersion(await ensureDaemon(idleShutdown))) : remote(elsewhere, options);
      const url = address.url.replace(/\/rpc$/, '/lsp');
      const reason = await relay({
        ...address,
        url,
        input: process.stdin,
        output: process.stdout,
        maxMessageBytes: MAX_MESSAGE_BYTES,
        intercept: editorSide(),
      });
      if (![CLIENT_EXIT, STREAM_ENDED, STREAM_BROKE].includes(reason)) throw broken(reason);
    });
}

/** An end that the editor did not ask for. */
function broken(reason: string): SondeError {
  return reason === NOT_FRAMED
    ? new SondeError(
        'too-large',
        `The editor sent ${reason}: without Content-Length, or over ${MAX_MESSAGE_BYTES} bytes.`,
      )
    : new SondeError('device-unavailable', `The daemon ended the line: ${reason}.`, { found: reason });
}

/** @throws version-mismatch for a daemon whose messages are others than ours. */
function sameVersion(state: DaemonState): DaemonState {
  const { pid, version, protocolVersion } = state;
  if (protocolVersion !== PROTOCOL_VERSION) {
    throw new SondeError(
      'version-mismatch',
      `The daemon that runs (version ${version}, process ${pid}) speaks protocol version ${protocolVersion}; expected ${PROTOCOL_VERSION}. Stop it with "sonde stop"; the next connection starts one of this version.`,
      { found: protocolVersion, expected: PROTOCOL_VERSION },
    );
  }
  if (version !== VERSION) {
    printWarnings([`The daemon that runs is version ${version}, this is ${VERSION}; "sonde stop" ends it.`]);
  }
  return state;
}

/** @throws unauthorised without a token; invalid-params for an address that would send it in the clear. */
function remote(given: string, { certificate }: Options): DaemonAddress {
  const token = process.env[TOKEN_VARIABLE];
  const url = URL.canParse(given) ? new URL(given) : null;
  const loopback = url !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (!url || (url.protocol !== 'wss:' && !(url.protocol === 'ws:' && loopback))) {
    throw new SondeError(
      'invalid-params',
      `--url is ${given}; expected wss://host:port (ws:// on this machine only).`,
      {
        found: given,
        expected: 'wss://host:port',
      },
    );
  }
  if (!token) throw new SondeError('unauthorised', `${TOKEN_VARIABLE} is not set; it holds the token of ${url.host}.`);
  // It travels as the name of a subprotocol; anything else would be a fault of the WebSocket's.
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(token)) {
    throw new SondeError('unauthorised', `The token for ${url.host} is none: it holds blanks or other characters.`);
  }
  if (url.pathname === '/' || url.pathname === '') url.pathname = '/lsp';
  const trusted = certificate === undefined ? {} : { certificate: readCertificate(certificate) };
  return { url: url.href, token, ...trusted };
}

/** @throws file-not-found. */
function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SondeError('file-not-found', `The certificate cannot be read: ${reason}`, { found: path }, cause);
  }
}
