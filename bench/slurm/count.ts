/** Loaded before a rank's program: counts what it does in the folder where the ranks meet, and says so in `count-<rank>` in the end. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { writeFileSync } = fs;
const functions = fs as unknown as Record<string, unknown>;
let count = 0;
for (const [name, original] of Object.entries(functions)) {
  if (!name.endsWith('Sync') || typeof original !== 'function') continue;
  functions[name] = (...words: unknown[]) => {
    if (words.slice(0, 2).some((word) => typeof word === 'string' && word.includes('.rolecall-'))) count++;
    return original(...words);
  };
}
syncBuiltinESMExports();
process.on('exit', () => writeFileSync(`count-${process.env['SLURM_PROCID']}`, String(count)));
