/**
 * Ranks that meet in the key-value store of their launcher (PMI-1). All come to one barrier, behind which they know the contact; so none
 * can be late, and there is nothing to clean up.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { pmiDescriptor } from '../pmi-descriptor.ts';
import { finish, Pmi1, type PmiOperation } from '../pmi1.ts';
import { type Contact, parseContact } from './contact.ts';
import type { Meeting } from './folder.ts';
import type { LastWord } from './last-word.ts';
import type { MeetingPoint } from './meeting-point.ts';
import { CLIENT_FIRST_MS, CLIENT_SAYS_MS } from './wait.ts';

const KEY = 'rolecall';
/** How long a scheduler that failed waits for the others, to tell them why. */
const LAST_WORD_MS = 10_000;

/** What the scheduler stores: its contact, or why there is none. */
interface Stored {
  readonly contact: string | null;
  readonly reason: string;
}

export class PmiMeeting implements MeetingPoint {
  readonly clientFirstMs = CLIENT_FIRST_MS;
  readonly place = 'through PMI, to whose barrier all ranks must come';
  readonly isCheap = true;
  readonly #descriptor: number;
  readonly #startTimeoutMs: number;
  #published = false;
  #meeting: PmiOperation<Meeting> | undefined;
  #met: Meeting | undefined;

  constructor(env: Readonly<Record<string, string | undefined>>, startTimeoutMs: number) {
    this.#descriptor = pmiDescriptor(env) as number;
    this.#startTimeoutMs = startTimeoutMs;
  }

  async publish(contact: Contact): Promise<void> {
    this.#published = true;
    const stored: Stored = { contact: JSON.stringify(contact), reason: '' };
    await this.#store(stored, this.#startTimeoutMs + this.clientFirstMs);
  }

  discover(): Meeting {
    if (this.#met?.kind === 'open') {
      // Nobody was reached by it. It is surely that of this run, so the scheduler is gone, or no network leads to it.
      const reason = `nobody answers at ${this.#met.contact.addresses.join(', ')}`;
      return { kind: 'closed', reason, how: 'broke off', isNews: true };
    }
    if (this.#met !== undefined) return this.#met;
    this.#meeting ??= fetchMeeting(new Pmi1(this.#descriptor));
    const step = this.#meeting.next();
    if (!step.done) return { kind: 'nobody' };
    this.#met = step.value;
    return this.#met;
  }

  async unpublish(word: LastWord | undefined): Promise<void> {
    if (this.#published) return;
    this.#published = true;
    const reason = word?.reason ?? 'the scheduler could not start';
    const stored = this.#store({ contact: null, reason }, LAST_WORD_MS);
    await stored.then(() => delay(CLIENT_SAYS_MS)).catch(() => {}); // the others are gone, or never came
  }

  async #store(stored: Stored, timeoutMs: number): Promise<void> {
    const what = 'all ranks to come to the barrier of PMI (startTimeoutMs)';
    await finish(storeOnce(new Pmi1(this.#descriptor), JSON.stringify(stored)), { timeoutMs, what });
  }
}

function* storeOnce(pmi: Pmi1, text: string): PmiOperation<void> {
  yield* pmi.init();
  yield* pmi.put(KEY, text);
  yield* pmi.barrier();
  yield* pmi.finalize(); // at once: until then the launcher ends all ranks if one leaves
}

function* fetchMeeting(pmi: Pmi1): PmiOperation<Meeting> {
  yield* pmi.init();
  yield* pmi.barrier();
  const { contact, reason } = JSON.parse(yield* pmi.get(KEY)) as Stored;
  yield* pmi.finalize();
  if (contact === null) return { kind: 'closed', reason, how: 'never began', isNews: false };
  return { kind: 'open', contact: parseContact(contact, 'the store of PMI') };
}
