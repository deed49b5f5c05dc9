#!/usr/bin/env node
/** Composition root: the command line is the only entry so far. */
import { runCli } from './cli/program.ts';

process.exitCode = await runCli(process.argv.slice(2));
