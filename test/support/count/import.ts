/** Loaded before a rank's program: writes each of its operations in the folder where the ranks meet to `count-<rank>`. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { appendFileSync } = fs;
const file = `count-${process.env['ROLECALL_RANK'] ?? process.env['SLURM_PROCID']}`;
const functions = fs as unknown as Record<string, unknown>;
let depth = 0;
for (const [name, original] of Object.entries(functions)) {
  if (!name.endsWith('Sync') || typeof original !== 'function') continue;
  functions[name] = (...words: unknown[]) => {
    const isThere = words.slice(0, 2).some((word) => typeof word === 'string' && word.includes('.rolecall-'));
    if (isThere && depth === 0) appendFileSync(file, `${name}\n`);
    depth++; // some of these functions call others
    try {
      return original(...words);
    } finally {
      depth--;
    }
  };
}
syncBuiltinESMExports();
