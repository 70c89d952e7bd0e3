/** The asking side of the data plane: gets values from the workers that hold them, and puts values on workers. */
import { RolecallError } from '../errors.ts';
import type { ArrayId, WorkerId } from '../protocol/ids.ts';
import { type FromHolder, parseFromHolder, type ToHolder, type WorkerInfo } from '../protocol/messages.ts';
import type { PackedValues } from '../protocol/packed.ts';
import { packedFromBuffers } from '../protocol/packed-buffers.ts';
import { isReference } from '../protocol/reference.ts';
import { bytesBehind, ownSpace } from '../store/shared-values.ts';
import type { Channel } from '../transport/channel.ts';
import { openChannel } from '../transport/open-channel.ts';
import { ownHello } from '../transport/own-hello.ts';
import type { Transport } from '../transport/transport.ts';

/** How long a worker may take over one request. Large values on slow networks need time; a dead peer shows by its socket. */
const REQUEST_MS = 120_000;

type HolderChannel = Channel<FromHolder, ToHolder>;

interface Request {
  readonly worker: WorkerId;
  readonly done: (answer: FromHolder) => void;
  readonly failed: (error: RolecallError) => void;
  readonly timer: NodeJS.Timeout;
}

export class PeerPool {
  readonly #transports: readonly Transport[];
  readonly #workers = new Map<WorkerId, WorkerInfo>();
  readonly #channels = new Map<WorkerId, Promise<HolderChannel>>();
  readonly #requests = new Map<number, Request>();
  #nextRequest = 1;
  #closed = false;

  constructor(transports: readonly Transport[]) {
    this.#transports = transports;
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
   * The values of tasks `start … start + count` of an array, as bytes, in blocks one after the other. A large value of a process
   * on this machine is a reference to that one's memory (`ownBlocks`).
   *
   * @throws {RolecallError} `ERR_CONNECT`, `ERR_CONNECTION_LOST`, `ERR_DEADLINE`; `ERR_DATA_LOST` if the worker does not hold them.
   */
  async get(worker: WorkerId, array: ArrayId, start: number, count: number): Promise<PackedValues[]> {
    const blocks: PackedValues[] = [];
    const space = ownSpace();
    for (let got = 0; got < count; got += blocks.at(-1)?.ends.length ?? count) {
      const rest = { array, start: start + got, count: count - got };
      const answer = await this.#ask(worker, (request) => ({ type: 'get', request, space, ...rest }));
      if (answer.type !== 'values') throw this.#absent(worker, array, start, count);
      const block = packedFromBuffers(answer.buffers[0], answer.buffers[1]);
      if (block.ends.length === 0 || block.ends.length > rest.count) throw this.#absent(worker, array, start, count);
      blocks.push(block);
    }
    return blocks;
  }

  /** Puts one value, or what a reference stands for, on a worker; resolves once it is there. */
  async put(worker: WorkerId, array: ArrayId, index: number, value: Uint8Array): Promise<void> {
    const isNear = this.#workers.get(worker)?.space === ownSpace();
    const sent = isReference(value) && !isNear ? bytesBehind(value) : value;
    await this.#ask(worker, (request) => ({ type: 'put', request, array, index, buffers: [sent] }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const channels = [...this.#channels.values()];
    for (const id of [...this.#channels.keys()]) this.#dropRequests(id, closedError());
    this.#channels.clear();
    const opened = await Promise.allSettled(channels);
    await Promise.all(opened.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
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
    const options = { hello: ownHello('peer'), parse: parseFromHolder };
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

  #absent(worker: WorkerId, array: ArrayId, start: number, count: number): RolecallError {
    const text = `Worker ${this.#nameOf(worker)} does not hold values ${start}+${count} of array ${array}`;
    return new RolecallError('ERR_DATA_LOST', text);
  }

  #nameOf(id: WorkerId): string {
    return this.#workers.get(id)?.name ?? String(id);
  }
}

function closedError(): RolecallError {
  return new RolecallError('ERR_CLIENT_CLOSED', 'The connections to workers are closed');
}
