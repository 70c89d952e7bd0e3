/** One rank under PMI-1: stores what it is told to, and prints what it and the others stored. Arguments: `sync` or `async`, a length. */
import { pmiDescriptor } from '../../../src/runners/pmi-descriptor.ts';
import { finish, finishSync, Pmi1, type PmiOperation } from '../../../src/runners/pmi1.ts';

const [how, length = '10', timeoutMs = '10000'] = process.argv.slice(2);
const rank = Number(process.env['PMI_RANK']);
const size = Number(process.env['PMI_SIZE']);
const textOf = (of: number): string => `${of}:ü ${'x'.repeat(Number(length))}`;

function* meet(pmi: Pmi1): PmiOperation<string[]> {
  yield* pmi.init();
  yield* pmi.put(`from-${rank}`, textOf(rank));
  yield* pmi.barrier();
  const texts: string[] = [];
  for (let other = 0; other < size; other++) texts.push(yield* pmi.get(`from-${other}`));
  yield* pmi.finalize();
  return texts;
}

try {
  const pmi = new Pmi1(pmiDescriptor(process.env) as number);
  const wait = { timeoutMs: Number(timeoutMs), what: 'the other ranks' };
  const texts = how === 'sync' ? finishSync(meet(pmi), wait) : await finish(meet(pmi), wait);
  const right = texts.every((text, other) => text === textOf(other));
  console.log(`rank ${rank} of ${size} read ${texts.length} ${right ? 'right' : 'wrong'} texts in ${pmi.space}`);
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  console.log(`${code}: ${message}`);
}
