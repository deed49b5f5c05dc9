/** YAML texts of configs: bounded in size and nesting before the parser sees them. */
import { parse } from 'yaml';
import { MAX_YAML_BYTES, MAX_YAML_NESTING } from '../core/limits.ts';
import { corrupt, refuse } from './corrupt.ts';

/** Parses a config. @throws corrupt-file for broken or deeply nested YAML; too-large above MAX_YAML_BYTES. */
export function parseYaml(text: string, path: string): unknown {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_YAML_BYTES) {
    refuse('too-large', { path, problem: 'config', found: `${bytes} bytes`, expected: `at most ${MAX_YAML_BYTES}` });
  }
  checkNesting(text, path);
  try {
    return parse(text, { logLevel: 'error' });
  } catch (cause) {
    corrupt(path, 'not valid YAML', (cause as Error).message, 'a mapping', cause);
  }
}

/**
 * Refuses deep nesting before the recursive parser sees it: close to the end of its stack V8 aborts the whole process.
 * Block nesting needs indentation or several indicators on one line, flow nesting needs brackets; all three are bounded.
 */
function checkNesting(text: string, path: string): void {
  let deepest = text.match(/[[{]/g)?.length ?? 0;
  for (const line of text.split('\n')) {
    const indent = line.search(/[^ ]|$/);
    const indicators = line.match(/[-?:](?=\s)/g)?.length ?? 0;
    deepest = Math.max(deepest, indent, indicators);
  }
  if (deepest > MAX_YAML_NESTING)
    corrupt(path, 'YAML that may nest deeply', `${deepest} levels`, `at most ${MAX_YAML_NESTING}`);
}
