/**
 * Ranks that meet in one broadcast, in which all take part: so none can be late, and there is nothing to clean up. Where it turns out,
 * on all ranks alike, that there is none to take part in, they meet in another way.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RolecallError } from '../../errors.ts';
import { type Contact, contactText, parseContact } from './contact.ts';
import type { Meeting } from './folder.ts';
import type { LastWord } from './last-word.ts';
import type { MeetingPoint } from './meeting-point.ts';
import { CLIENT_FIRST_MS, CLIENT_SAYS_MS } from './wait.ts';

/** A text for all ranks, or why there is none. */
export type Broadcasted =
  | { readonly kind: 'met'; readonly text: string }
  | { readonly kind: 'not here'; readonly why: string }
  | { readonly kind: 'too late' };

/** One broadcast; on each rank one of these is called, once. What they throw is final. */
export interface Broadcast {
  /** What it is, in words: "MPI broadcast, in which all 4 ranks must take part". */
  readonly what: string;
  send(text: string, timeoutMs: number): Promise<Broadcasted>;
  receive(timeoutMs: number): Promise<Broadcasted>;
  /** Blocks the thread. */
  receiveNow(timeoutMs: number): Broadcasted;
}

export interface BroadcastOptions {
  readonly broadcast: Broadcast;
  readonly timeoutMs: number;
  /** On the client's rank, whose constructor must wait. */
  readonly blocks: boolean;
  /** Where the ranks meet without it. Called once, with the reason. */
  readonly otherwise: (why: string) => MeetingPoint;
}

/** How long a scheduler that failed waits for the others, to tell them why. */
const LAST_WORD_MS = 10_000;

/** What the scheduler tells: its contact, or why there is none. */
interface Told {
  readonly contact: string | null;
  readonly reason: string;
}

export class BroadcastMeeting implements MeetingPoint {
  readonly clientFirstMs = CLIENT_FIRST_MS;
  readonly #options: BroadcastOptions;
  #hasTold = false;
  #asked: Promise<void> | undefined;
  #met: Meeting = { kind: 'nobody' };
  #failure: unknown;
  /** Where they meet if not here. */
  #other: MeetingPoint | undefined;

  constructor(options: BroadcastOptions) {
    this.#options = options;
  }

  get place(): string {
    return this.#other?.place ?? `in one ${this.#options.broadcast.what}`;
  }

  get isCheap(): boolean {
    return this.#other === undefined || (this.#other.isCheap ?? false);
  }

  waitsLong(): void {
    this.#other?.waitsLong?.();
  }

  giveUp(): string {
    return this.#other?.giveUp?.() ?? '';
  }

  leave(): void {
    this.#other?.leave?.();
  }

  async publish(contact: Contact): Promise<void> {
    this.#hasTold = true;
    const { timeoutMs } = this.#options;
    const result = await this.#tell({ contact: contactText(contact), reason: '' }, timeoutMs + CLIENT_FIRST_MS);
    if (result.kind === 'not here') await this.#meetElsewhere(result.why).publish(contact);
    if (result.kind !== 'too late') return;
    const what = `the other ranks to come to one ${this.#options.broadcast.what}`;
    throw new RolecallError('ERR_DEADLINE', `Waited ${timeoutMs} ms (startTimeoutMs) for ${what}, in vain`);
  }

  discover(): Meeting {
    if (this.#other === undefined && this.#met.kind === 'nobody') this.#ask();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#other?.discover() ?? this.#take();
  }

  async unpublish(word: LastWord | undefined): Promise<void> {
    if (this.#other !== undefined) return this.#other.unpublish(word);
    if (this.#hasTold) return;
    this.#hasTold = true;
    const reason = word?.reason ?? 'the scheduler could not start';
    const result = await this.#tell({ contact: null, reason }, LAST_WORD_MS).catch(() => undefined); // the others are gone
    if (result?.kind === 'not here') await this.#meetElsewhere(result.why).unpublish(word);
    else if (result !== undefined) await delay(CLIENT_SAYS_MS);
  }

  #tell(told: Told, timeoutMs: number): Promise<Broadcasted> {
    return this.#options.broadcast.send(JSON.stringify(told), timeoutMs);
  }

  #ask(): void {
    const { broadcast, timeoutMs, blocks } = this.#options;
    if (blocks) this.#note(broadcast.receiveNow(timeoutMs));
    else this.#asked ??= this.#askOnce(broadcast, timeoutMs + CLIENT_FIRST_MS);
  }

  async #askOnce(broadcast: Broadcast, timeoutMs: number): Promise<void> {
    try {
      this.#note(await broadcast.receive(timeoutMs));
    } catch (error) {
      this.#failure = error;
    }
  }

  #note(result: Broadcasted): void {
    if (result.kind === 'not here') this.#meetElsewhere(result.why);
    if (result.kind === 'met') this.#met = meetingOf(JSON.parse(result.text) as Told);
  }

  /** What was met is there for one look: who looks again was reached by nobody, and the ranks meet only once. */
  #take(): Meeting {
    const met = this.#met;
    if (met.kind === 'open') {
      const reason = `nobody answers at ${met.contact.addresses.join(', ')}`;
      this.#met = { kind: 'closed', reason, how: 'broke off', isNews: true };
    }
    return met;
  }

  #meetElsewhere(why: string): MeetingPoint {
    this.#other ??= this.#options.otherwise(why);
    return this.#other;
  }
}

function meetingOf({ contact, reason }: Told): Meeting {
  if (contact === null) return { kind: 'closed', reason, how: 'never began', isNews: false };
  return { kind: 'open', contact: parseContact(contact, 'the broadcast') };
}
