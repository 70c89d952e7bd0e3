/** The asking side of the data plane: gets values from the workers that hold them, and puts values on workers. */
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode, RolecallError } from '../errors.ts';
import type { ArrayId, WorkerId } from '../protocol/ids.ts';
import { type FromHolder, parseFromHolder, type ToHolder, type WorkerInfo } from '../protocol/messages.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { packedFromBuffers } from '../protocol/packed-buffers.ts';
import { isReference } from '../protocol/reference.ts';
import { bytesBehind, closeReferenced, ownSpace } from '../store/shared-values.ts';
import type { Channel } from '../transport/channel.ts';
import { openChannel } from '../transport/open-channel.ts';
import { ownHello } from '../transport/own-hello.ts';
import type { Transport } from '../transport/transport.ts';
import { FrameRooms } from './frame-rooms.ts';
import { takeBlock } from './take-value.ts';

/** How long a worker may take over one request. Large values on slow networks need time; a dead peer shows by its socket. */
const REQUEST_MS = 120_000;

/** A way that failed is tried again, after a longer pause each time. */
const MOST_TRIES = 4;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 5000;

interface Wanted {
  readonly array: ArrayId;
  readonly start: number;
  readonly count: number;
}

type HolderChannel = Channel<FromHolder, ToHolder>;

interface Request {
  readonly worker: WorkerId;
  readonly done: (answer: FromHolder) => void;
  readonly failed: (error: RolecallError) => void;
  readonly timer: NodeJS.Timeout;
}

export class PeerPool {
  readonly #transports: readonly Transport[];
  readonly #space: string | null;
  readonly #workers = new Map<WorkerId, WorkerInfo>();
  readonly #channels = new Map<WorkerId, Promise<HolderChannel>>();
  readonly #requests = new Map<number, Request>();
  readonly #rooms = new FrameRooms();
  #nextRequest = 1;
  #closed = false;

  /** @param space whose references can be opened here */
  constructor(transports: readonly Transport[], space: string | null = ownSpace()) {
    this.#transports = transports;
    this.#space = space;
  }

  workersChanged(joined: readonly WorkerInfo[], left: readonly WorkerId[]): void {
    for (const worker of joined) this.#workers.set(worker.id, worker);
    for (const id of left) {
      const worker = this.#workers.get(id);
      this.#workers.delete(id);
      this.#dropChannel(id, new RolecallError('ERR_CONNECTION_LOST', `Worker ${worker?.name ?? id} has left`));
    }
  }

  /**
   * The values of tasks `start … start + count` of an array, as bytes, in blocks one after the other. A large one is alone in its
   * block, and a reference to memory of this process where that can be (`ownValue`): the caller must keep or close it.
   *
   * @throws {RolecallError} `ERR_CONNECT`, `ERR_CONNECTION_LOST`, `ERR_DEADLINE`, `ERR_SHARED_MEMORY`; `ERR_DATA_LOST` if the worker does
   * not hold them.
   */
  async get(worker: WorkerId, array: ArrayId, start: number, count: number): Promise<PackedValues[]> {
    const blocks: PackedValues[] = [];
    try {
      for (let got = 0; got < count; got += blocks.at(-1)?.ends.length ?? count) {
        blocks.push(await this.#getBlock(worker, { array, start: start + got, count: count - got }));
      }
      return blocks;
    } catch (error) {
      for (const block of blocks) closeReferenced(block);
      throw error;
    }
  }

  /** Puts one value, or what a reference stands for, on a worker; resolves once it is there. */
  async put(worker: WorkerId, array: ArrayId, index: number, value: Uint8Array): Promise<void> {
    const send = (sent: Uint8Array) =>
      this.#askPatiently(worker, (request) => ({ type: 'put', request, array, index, buffers: [sent] }));
    const isNear = this.#space !== null && this.#workers.get(worker)?.space === this.#space;
    if (isReference(value) && isNear && (await send(value)).type === 'stored') return;
    const answer = await send(isReference(value) ? bytesBehind(value) : value);
    if (answer.type === 'stored') return;
    const why = answer.type === 'refused' ? answer.reason : `it answered "${answer.type}"`;
    throw new RolecallError('ERR_SHARED_MEMORY', `Worker ${this.#nameOf(worker)} did not take a value: ${why}`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const channels = [...this.#channels.values()];
    for (const id of [...this.#channels.keys()]) this.#dropRequests(id, closedError());
    this.#channels.clear();
    const opened = await Promise.allSettled(channels);
    await Promise.all(opened.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
  }

  /** The first values of those that are asked for. */
  async #getBlock(worker: WorkerId, wanted: Wanted): Promise<PackedValues> {
    const block = await this.#values(worker, wanted, this.#space);
    try {
      return await this.#take(block);
    } catch {
      return this.#take(await this.#values(worker, wanted, null)); // what cannot be opened comes through the socket
    }
  }

  async #take(block: PackedValues): Promise<PackedValues> {
    return this.#rooms.taken(block) ?? takeBlock(block);
  }

  async #values(worker: WorkerId, wanted: Wanted, space: string | null): Promise<PackedValues> {
    const answer = await this.#askPatiently(worker, (request) => ({ type: 'get', request, space, ...wanted }));
    if (answer.type !== 'values') throw this.#absent(worker, wanted, answer);
    const block = packedFromBuffers(answer.buffers[0], answer.buffers[1]);
    if (block.ends.length === 0 || block.ends.length > wanted.count) throw this.#absent(worker, wanted, answer);
    return block;
  }

  /** Asks again if the worker is busy, or the way to it fails while it is still in the cluster. */
  async #askPatiently(worker: WorkerId, message: (request: number) => ToHolder): Promise<FromHolder> {
    const end = performance.now() + REQUEST_MS;
    for (let tries = 1; ; tries++) {
      try {
        const answer = await this.#ask(worker, message);
        if (answer.type !== 'busy' || performance.now() > end) return answer;
        await delay(Math.min(answer.retryMs, LONGEST_PAUSE_MS) * (0.5 + Math.random()));
      } catch (error) {
        const isOver = this.#closed || !this.#workers.has(worker) || tries >= MOST_TRIES;
        if (isOver || !(hasCode(error, 'ERR_CONNECT') || hasCode(error, 'ERR_CONNECTION_LOST'))) throw error;
        await delay(FIRST_PAUSE_MS * 4 ** (tries - 1));
      }
    }
  }

  async #ask(worker: WorkerId, message: (request: number) => ToHolder): Promise<FromHolder> {
    if (this.#closed) throw closedError();
    const channel = await this.#channelTo(worker);
    return new Promise((done, failed) => {
      const id = this.#nextRequest++;
      const late = () =>
        this.#fail(
          id,
          new RolecallError('ERR_DEADLINE', `Worker ${this.#nameOf(worker)} did not answer within ${REQUEST_MS} ms`),
        );
      this.#requests.set(id, { worker, done, failed, timer: setTimeout(late, REQUEST_MS) });
      channel.send(message(id));
    });
  }

  #channelTo(id: WorkerId): Promise<HolderChannel> {
    const known = this.#channels.get(id);
    if (known !== undefined) return known;
    const opening = this.#open(id);
    this.#channels.set(id, opening);
    opening.catch(() => this.#channels.get(id) === opening && this.#channels.delete(id));
    return opening;
  }

  async #open(id: WorkerId): Promise<HolderChannel> {
    const worker = this.#workers.get(id);
    if (worker === undefined)
      throw new RolecallError('ERR_CONNECTION_LOST', `Worker ${id} is not, or no longer, in the cluster`);
    const options = { hello: ownHello('peer'), parse: parseFromHolder, roomFor: this.#rooms.roomFor };
    const channel: HolderChannel = await openChannel(this.#transports, worker.addresses, options);
    channel.start({
      messages: (batch) => batch.forEach((message) => this.#onAnswer(message)),
      closed: (reason) => {
        this.#channels.delete(id);
        this.#dropRequests(
          id,
          reason ?? new RolecallError('ERR_CONNECTION_LOST', `Worker ${worker.name} ended the connection`),
        );
      },
    });
    return channel;
  }

  #onAnswer(message: FromHolder): void {
    const request = this.#requests.get(message.request);
    if (request === undefined) return; // it came too late
    clearTimeout(request.timer);
    this.#requests.delete(message.request);
    request.done(message);
  }

  #dropChannel(id: WorkerId, why: RolecallError): void {
    const channel = this.#channels.get(id);
    this.#channels.delete(id);
    channel?.then(
      (open) => open.destroy(),
      () => {},
    );
    this.#dropRequests(id, why);
  }

  #dropRequests(worker: WorkerId, why: RolecallError): void {
    for (const [id, request] of this.#requests) if (request.worker === worker) this.#fail(id, why);
  }

  #fail(id: number, why: RolecallError): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    clearTimeout(request.timer);
    this.#requests.delete(id);
    request.failed(why);
  }

  #absent(worker: WorkerId, { array, start, count }: Wanted, answer: FromHolder): RolecallError {
    const why = answer.type === 'refused' ? `: ${answer.reason}` : '';
    const text = `Worker ${this.#nameOf(worker)} does not hold values ${start}+${count} of array ${array}${why}`;
    return new RolecallError('ERR_DATA_LOST', text);
  }

  #nameOf(id: WorkerId): string {
    return this.#workers.get(id)?.name ?? String(id);
  }
}

function closedError(): RolecallError {
  return new RolecallError('ERR_CLIENT_CLOSED', 'The connections to workers are closed');
}
