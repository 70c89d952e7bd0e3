/**
 * A process that does nothing but hand bytes from one rank to all by MPI, for the rank that started it. MPI has no deadlines: whoever
 * waits for a rank that never comes waits for ever, and some of its errors end the process. So it has one that can be ended. When it is
 * over, MPI is over too, and nothing of it is left in the rank: no thread, no memory, no signal handler, and no launcher that ends all
 * ranks because one of them leaves.
 */
import { readFileSync, writeSync } from 'node:fs';
import type { Bindings } from '../../native/bindings.ts';
import { loadAddon } from '../../native/load.ts';
import { signalOnParentDeath } from '../../native/process.ts';
import { ANSWER, type ExchangeAnswer, type ExchangeRequest, MOST_BYTES } from './exchange-messages.ts';

signalOnParentDeath('SIGKILL');
const answer = exchange(JSON.parse(readFileSync(0, 'utf8')) as ExchangeRequest);
writeSync(1, `\n${ANSWER}${JSON.stringify(answer)}\n`); // the library may have printed something before

function exchange(request: ExchangeRequest): ExchangeAnswer {
  const { addon, missing } = loadAddon();
  if (addon === null) return { kind: 'no library', why: missing };
  const opened = openLibrary(addon, request);
  if ('why' in opened) return { kind: 'no library', why: opened.why };
  const { library } = opened;
  const failed = (call: string, code: number): ExchangeAnswer => {
    return { kind: 'failed', library, why: `${call} returned ${code}: ${addon.mpiErrorText(code)}` };
  };
  const code = addon.mpiInit();
  if (code !== 0) return failed('MPI_Init_thread', code);
  const [rank, size] = [addon.mpiRank(), addon.mpiSize()];
  const isThisWorld = rank === request.rank && size === request.size;
  const text = isThisWorld ? broadcast(addon, request) : '';
  const end = addon.mpiFinalize();
  if (!isThisWorld) return { kind: 'another world', library, rank, size };
  if (typeof text === 'number') return failed('MPI_Ibcast', text);
  return end === 0 ? { kind: 'met', text } : failed('MPI_Finalize', end);
}

function openLibrary(
  addon: Bindings,
  { libraries, family }: ExchangeRequest,
): { readonly library: string } | { readonly why: string } {
  const reasons: string[] = [];
  for (const library of libraries) {
    const opened = addon.mpiOpen(library, family ?? '');
    if (!opened.startsWith('!')) return { library };
    reasons.push(opened.slice(1));
  }
  return { why: reasons[0] ?? 'no library is known' };
}

/** The text that all ranks get, or MPI's error code. Its length goes ahead. */
function broadcast(addon: Bindings, { root, text }: ExchangeRequest): string | number {
  const bytes = Buffer.from(text ?? '');
  const length = new DataView(new ArrayBuffer(4));
  length.setUint32(0, bytes.byteLength);
  const code = addon.mpiBroadcast(length.buffer, root);
  if (code !== 0) return code;
  const body = new ArrayBuffer(Math.min(length.getUint32(0), MOST_BYTES));
  new Uint8Array(body).set(bytes);
  return addon.mpiBroadcast(body, root) || Buffer.from(body).toString();
}
