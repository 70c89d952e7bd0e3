/** A rank that takes part in a broadcast of what rank 0 was given on the command line, and prints what it saw as one line of JSON. */
import { loadAddon } from '../../src/native/load.ts';

const [library = '', message = ''] = process.argv.slice(2);
const { addon } = loadAddon();
if (addon === null) throw new Error('no addon');
const family = addon.mpiOpen(library, '');
const errors = [addon.mpiInit()];
const rank = addon.mpiRank();
const size = addon.mpiSize();
const bytes = new ArrayBuffer(100_000);
if (rank === 0) Buffer.from(bytes).write(message);
errors.push(addon.mpiBroadcast(bytes, 0), addon.mpiBarrier());
const wrongRoot = addon.mpiErrorText(addon.mpiBroadcast(bytes, 99));
errors.push(addon.mpiFinalize());
const text = Buffer.from(bytes).toString('utf8', 0, Buffer.byteLength(message));
process.stdout.write(`${JSON.stringify({ family, rank, size, errors, text, wrongRoot })}\n`);
