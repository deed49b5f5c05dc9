/** `sonde quickstart`: what `npm start` runs: the embedded model on its own prompt, with predictions. */
import { join } from 'node:path';
import chalk from 'chalk';
import { Command } from 'commander';
import { readText } from '../../files/file-reader.ts';
import { EMBEDDED_FOLDER, EMBEDDED_MODEL, openEngine } from '../open-engine.ts';
import { type SetExitCode, withJson } from '../options.ts';
import { columns, print, printJson, printWarnings } from '../output.ts';
import { renderTrace } from '../render/trace.ts';

/** The quickstart prompt's file in the embedded model's folder. */
const PROMPT = 'quickstart.txt';

export function quickstartCommand(_: SetExitCode): Command {
  const command = new Command('quickstart').description('annotate a prompt with the embedded model');
  return withJson(command).action(async ({ json }: { json?: boolean }) => {
    const text = readText(join(EMBEDDED_FOLDER, PROMPT)).trimEnd();
    const engine = await openEngine({ model: EMBEDDED_MODEL, dictionaries: [], device: 'auto' });
    try {
      const attached = engine.dictionaries({});
      // One layer is enough to read; the middle of the upper half is where this model's words have their meaning.
      const shown = attached[Math.min(attached.length - 1, Math.floor((attached.length * 3) / 4))]!.name;
      const result = await engine.trace({ text, dictionaries: [shown], k: 3, predictions: 3 });
      if (json) return printJson(result);
      printWarnings(result.warnings);
      print(renderTrace(result, columns()));
      print(`\n${chalk.bold('How to read this')}`);
      print(
        'Each row is a token. Its bars show which dictionary features fire on it and how strongly, with their labels;',
      );
      print(
        '“unexplained” is the share of the activation that the dictionary misses; p is the probability that the model',
      );
      print('gave the token, and next is what it expects to follow.');
      print(
        `\nTry: ${chalk.cyan('npx sonde trace "your text" --predictions 3')}   or   ${chalk.cyan('npx sonde doctor')}`,
      );
    } finally {
      await engine.dispose();
    }
  });
}
