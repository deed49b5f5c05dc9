/**
 * `sonde quickstart`: what `npm start` runs: a daemon on the embedded model, its prompt annotated through it, and all that
 * a script needs to do the same. It keeps serving until it is stopped.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import chalk from 'chalk';
import { Command } from 'commander';
import { readConfig } from '../../daemon/config.ts';
import type { DaemonState } from '../../daemon/state.ts';
import type { TraceResult } from '../../engine/results.ts';
import { readText } from '../../files/file-reader.ts';
import { loadRemotely, openClient } from '../daemon-client.ts';
import { EMBEDDED_FOLDER, EMBEDDED_MODEL } from '../open-engine.ts';
import { type SetExitCode, withJson } from '../options.ts';
import { columns, print, printJson, printWarnings } from '../output.ts';
import { renderTrace } from '../render/trace.ts';
import { launch, untilStopped } from './serve.ts';

/** Features of a token: more than the embedded dictionaries' k. */
const ALL = 10;

/** The quickstart prompt's file in the embedded model's folder. */
const PROMPT = 'quickstart.txt';

export function quickstartCommand(_: SetExitCode): Command {
  const command = new Command('quickstart')
    .description('start a daemon on the embedded model and annotate a prompt through it')
    .option('--once', 'stop afterwards instead of serving on');
  return withJson(command).action(async ({ json, once }: { json?: boolean; once?: boolean }) => {
    const started = await launch(readConfig(null, process.env, { model: EMBEDDED_MODEL, log_level: 'warn' }));
    const state = 'daemon' in started ? started.daemon.state : started.running;
    try {
      const result = await annotate(state);
      if (json) printJson({ ...state, result });
      else show(state, result);
      if (once) return;
      if (!('daemon' in started)) return json ? undefined : print(`The daemon (process ${state.pid}) serves on.`);
      if (!json) print('Serving until Ctrl-C.');
      await untilStopped(started.daemon);
    } finally {
      if ('daemon' in started) {
        started.daemon.stop('the quickstart is over');
        await started.daemon.stopped;
      }
    }
  });
}

async function annotate(state: DaemonState): Promise<TraceResult> {
  const client = await openClient(state, 'quickstart');
  try {
    const attached = await loadRemotely(client, EMBEDDED_MODEL, []);
    // One layer is enough to read; in the middle, words have a context but are not yet the next word's prediction.
    const shown = attached.slice(Math.floor(attached.length / 2)).slice(0, 1);
    const text = readText(join(EMBEDDED_FOLDER, PROMPT)).trimEnd();
    return (await client.request('sonde/trace/features', {
      model: EMBEDDED_MODEL,
      text,
      dictionaries: shown.map(({ name }) => name),
      k: ALL,
      predictions: 3,
      lane: 'interactive',
    })) as TraceResult;
  } finally {
    await client.close();
  }
}

function show(state: DaemonState, result: TraceResult): void {
  printWarnings(result.warnings);
  print(renderTrace(result, columns(), 'named'));
  print(`\n${chalk.bold('How to read this')}`);
  print('Each token has its features: how strongly each fires, and what its label says. Most features of this small');
  print(
    'dictionary match nothing that is known of the text; those that do come first, then the strongest of the others;',
  );
  print('“unexplained” is the share of the activation that the dictionary misses; p is the probability that the model');
  print('gave the token, and next is what it expects to follow.');
  print(`\n${chalk.bold('The daemon')} listens at ${chalk.cyan(state.url)}; its token is in ${state.token}`);
  print(`Try: ${chalk.cyan('npx sonde trace "your text" --predictions 3')}   or paste this into a shell:\n`);
  print(script(state));
}

/** A script of Node that works from any folder of this machine. */
export function script({ url, token, certificate }: Pick<DaemonState, 'url' | 'token' | 'certificate'>): string {
  const client = pathToFileURL(join(import.meta.dirname, '../../rpc/connect.js')).href;
  const trust = certificate === null ? '' : `, certificate: readFileSync(${JSON.stringify(certificate)}, 'utf8')`;
  return `node --input-type=module << 'END'
import { readFileSync } from 'node:fs';
import { connectDaemon } from ${JSON.stringify(client)};
const token = readFileSync(${JSON.stringify(token)}, 'utf8').trim();
const client = await connectDaemon({ url: '${url}', token${trust} }, 'my script');
const { runs } = await client.request('sonde/trace/features', { model: '${EMBEDDED_MODEL}', text: 'The sun rose.', k: 2 });
for (const { tokens, dictionaries } of runs)
  tokens.forEach(({ text }, i) => console.log(text, dictionaries.map((one) => one.tokens[i].features)));
await client.close();
END
`;
}
