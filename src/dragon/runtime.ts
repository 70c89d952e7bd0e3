/**
 * This process's part in a runtime of DragonHPC: attached, with an inbox in a pool of its own. Once anything of it fails, all of it is
 * given up for good and whoever uses it goes on without: the locks of Dragon do not survive a process that is killed while it holds one.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync } from 'node:fs';
import { RolecallError } from '../errors.ts';
import { DragonBridge, type PeerEvents } from './bridge.ts';
import { filesOf, type PoolFiles, poolName, sweepMemory } from './memory-files.ts';

export interface RuntimeOptions {
  /** Path of libdragon.so. */
  readonly library: string;
  /** Of a runtime that was started attachable; undefined if this process was started by Dragon. */
  readonly token: string | undefined;
  /** Whether packets to other nodes go through Dragon's agents. @default false */
  readonly betweenNodes?: boolean;
  readonly log: (level: 'info' | 'warn', text: string) => void;
  /** How long to wait for the runtime's answer. @default 15000 */
  readonly attachMs?: number;
  /** @default 32 MiB */
  readonly messagePoolBytes?: number;
  /** How often the runtime is asked whether it lives. @default 3000 */
  readonly askEveryMs?: number;
}

/** How others reach the inbox of this process. */
export interface InboxDescriptors {
  readonly channel: Uint8Array;
  readonly bell: Uint8Array;
}

/** Somebody else's inbox, to send to. */
export interface DragonPeer {
  readonly number: number;
  readonly isLocal: boolean;
}

/** What a connection of the transport wants to know. */
export interface ConnectionEvents {
  packet(sequence: number, acknowledged: number, bytes: Uint8Array): void;
  /** Nothing can be sent to its peer any more. */
  peerFailed(error: RolecallError): void;
  /** Neither can anything be sent nor received any more. */
  failed(error: RolecallError): void;
}

const ATTACH_MS = 30_000;
const MESSAGE_POOL_BYTES = 32 << 20;
const INBOX_MESSAGES = 1024;
const INBOX_BLOCK_BYTES = 256;
const ASK_EVERY_MS = 3000;
const ANSWER_MS = 2000;
/** A call that is not back after this time never comes back; one that may wait for an agent has more of it. */
const STUCK_MS = 4000;
const STUCK_BETWEEN_NODES_MS = 15_000;
const END_MS = 3000;

export class DragonRuntime {
  readonly #bridge: DragonBridge;
  readonly #options: RuntimeOptions;
  readonly #connections = new Map<number, ConnectionEvents>();
  readonly #peers = new Map<number, ConnectionEvents>();
  /** Connections to other nodes. */
  readonly #afar = new Set<number>();
  readonly #files: string[] = [];
  readonly #freeConnections: number[] = [];
  readonly #ended = Promise.withResolvers<RolecallError>();
  #inbox: InboxDescriptors | undefined;
  #messagePool = -1;
  /** The pool for large values, and its open file; undefined: they are kept elsewhere. */
  #valuePool: { readonly number: number; readonly file: number } | undefined;
  #nextConnection = 0;
  #failure: RolecallError | undefined;
  #asking: NodeJS.Timeout | undefined;
  #watching: NodeJS.Timeout | undefined;
  readonly #removeFiles = (): void => this.#files.forEach((file) => rmSync(file, { force: true }));

  /** @throws {RolecallError} `ERR_DRAGON`, `ERR_DRAGON_MISSING`, `ERR_DEADLINE`. */
  static async join(options: RuntimeOptions): Promise<DragonRuntime> {
    const runtime = new DragonRuntime(DragonBridge.open(options.library), options);
    await runtime.#join();
    return runtime;
  }

  private constructor(bridge: DragonBridge, options: RuntimeOptions) {
    this.#bridge = bridge;
    this.#options = options;
  }

  get inbox(): InboxDescriptors {
    return this.#inbox as InboxDescriptors; // nobody holds the runtime before it is there
  }

  get library(): string {
    return this.#bridge.library;
  }

  get carriesBetweenNodes(): boolean {
    return this.#options.betweenNodes === true;
  }

  log(text: string): void {
    this.#options.log('info', text);
  }

  /** Why it cannot be used any more; undefined as long as it can. */
  get failure(): RolecallError | undefined {
    return this.#failure;
  }

  /** Resolves with the reason when the runtime has failed. */
  get failed(): Promise<RolecallError> {
    return this.#ended.promise;
  }

  /**
   * From now on, large values of this process are kept in a pool of its own, as long as there is room.
   *
   * @throws {RolecallError} `ERR_DRAGON` if there is not so much shared memory.
   */
  async keepValues(bytes: number): Promise<void> {
    const { number, files } = await this.#newPool('v', bytes);
    const file = openSync(files[1], 'r+');
    await this.#job('valuePool', 'use a pool for values', { numbers: [number, file] });
    this.#valuePool = { number, file };
  }

  /** Whether large values of this process go to a pool of Dragon's. */
  get keepsValues(): boolean {
    return this.#valuePool !== undefined && this.#failure === undefined;
  }

  /** A number and a token for a peer that is to send to this process. */
  expect(events: ConnectionEvents): { readonly connection: number; readonly token: Uint8Array } {
    const connection = this.#freeConnections.pop() ?? this.#nextConnection++;
    const token = new Uint8Array(randomBytes(16));
    this.#connections.set(connection, events);
    this.#bridge.addon.dragonExpect(connection, token, 0);
    return { connection, token };
  }

  /** The peer is on another node, so its messages cannot ring: the receiving thread waits for them in Dragon's way from now on. */
  expectFromAfar(connection: number, token: Uint8Array): void {
    if (!this.#connections.has(connection)) return;
    this.#afar.add(connection);
    this.#bridge.addon.dragonExpect(connection, token, 1);
  }

  forget(connection: number): void {
    if (!this.#connections.delete(connection)) return;
    this.#bridge.addon.dragonForget(connection, this.#afar.delete(connection) ? 1 : 0);
    this.#freeConnections.push(connection);
    this.#letGoOfPools();
  }

  /** A peer may have gone: its pool must not be kept in memory by this process. */
  #letGoOfPools(): void {
    if (this.#failure === undefined) this.#bridge.job('valueDetach', 'detach from pools').catch(() => {});
  }

  /** Opens the inbox of a peer. @throws {RolecallError} `ERR_DRAGON` if it is gone or cannot be reached from here. */
  async openPeer({ channel, bell }: InboxDescriptors, events: ConnectionEvents): Promise<DragonPeer> {
    const input = { numbers: [this.#messagePool], bytes: [channel, bell] };
    const { number, data } = await this.#job('peerNew', 'open the inbox of a peer', input);
    this.#peers.set(number, events);
    return { number, isLocal: data[0] === 1 };
  }

  /** @param keep what was to be sent: until the inbox is closed it may still be read */
  closePeer(peer: DragonPeer, keep?: unknown): void {
    this.#peers.delete(peer.number);
    this.#bridge.job('peerEnd', 'close the inbox of a peer', { numbers: [peer.number], keep }).catch(() => {});
  }

  /** @internal For measurements. */
  get bridge(): DragonBridge {
    return this.#bridge;
  }

  get addon(): DragonBridge['addon'] {
    return this.#bridge.addon;
  }

  job(...words: Parameters<DragonBridge['job']>): ReturnType<DragonBridge['job']> {
    return this.#job(...words);
  }

  /** To be called when a process of the node may have been killed. */
  sweep(): void {
    this.#letGoOfPools();
    sweepMemory(this.#files);
  }

  /** Leaves the runtime; nothing of this process stays behind in its memory. Never throws. */
  async leave(): Promise<void> {
    this.#stop();
    const isUsable = this.#failure === undefined;
    this.#failure ??= new RolecallError('ERR_DRAGON', 'This process has left the runtime of Dragon');
    if (isUsable) this.#tellConnections(this.#failure);
    if (isUsable) await this.#endAll().catch(() => {});
    this.#removeFiles();
    this.sweep();
    process.off('exit', this.#removeFiles);
  }

  async #join(): Promise<void> {
    const { token } = this.#options;
    sweepMemory();
    process.on('exit', this.#removeFiles);
    try {
      if (token !== undefined) await this.#attach(token);
      this.#messagePool = (await this.#newPool('m', this.#messagePoolBytes)).number;
      this.#inbox = await this.#newInbox();
    } catch (error) {
      await this.leave();
      throw error;
    }
    this.#bridge.events = this.#newEvents();
    this.#watching = setInterval(() => this.#watch(), STUCK_MS / 4).unref();
    this.#askAgain();
  }

  get #messagePoolBytes(): number {
    return this.#options.messagePoolBytes ?? MESSAGE_POOL_BYTES;
  }

  async #attach(token: string): Promise<void> {
    const bytes = [Buffer.from(`${token}\0`)];
    const { attachMs = ATTACH_MS } = this.#options;
    const wait = { numbers: [attachMs], deadlineMs: attachMs + ATTACH_MS };
    await this.#job('attach', 'attach to the runtime of Dragon', { ...wait, bytes });
  }

  /** A pool of this process's own. */
  async #newPool(purpose: 'm' | 'v', bytes: number): Promise<{ readonly number: number; readonly files: PoolFiles }> {
    const input = { numbers: [bytes], bytes: [Buffer.from(poolName(purpose))] };
    const { number, data } = await this.#job('poolNew', `make a pool of ${bytes} bytes`, input);
    const files = filesOf(Buffer.from(data).toString());
    this.#files.push(...files);
    return { number, files };
  }

  async #newInbox(): Promise<InboxDescriptors> {
    const numbers = [this.#messagePool, INBOX_MESSAGES, INBOX_BLOCK_BYTES, this.#messagePoolBytes];
    const { number, data } = await this.#job('inboxNew', 'make a channel', { numbers });
    return { channel: data.slice(0, number), bell: data.slice(number) };
  }

  #newEvents(): PeerEvents {
    return {
      packet: (connection, sequence, acknowledged, bytes) =>
        this.#connections.get(connection)?.packet(sequence, acknowledged, bytes),
      peerFailed: (peer, error) => this.#peers.get(peer)?.peerFailed(error),
      inboxFailed: (error) => this.fail(error),
    };
  }

  async #job(...words: Parameters<DragonBridge['job']>): ReturnType<DragonBridge['job']> {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#bridge.job(...words);
  }

  /** A runtime that was killed leaves its memory behind: only that it does not answer shows that it is gone. */
  #askAgain(): void {
    const { askEveryMs = ASK_EVERY_MS } = this.#options;
    const ask = async (): Promise<void> => {
      try {
        await this.#job('ask', 'reach the runtime of Dragon', { numbers: [ANSWER_MS], deadlineMs: 2 * ANSWER_MS });
      } catch (error) {
        return this.fail(error as RolecallError);
      }
      if (this.#failure === undefined) this.#askAgain();
    };
    this.#asking = setTimeout(() => void ask(), askEveryMs * (0.75 + Math.random() / 2)).unref();
  }

  #watch(): void {
    this.#bridge.addon.valueEnd(-1);
    const [messages, values, receiver, isOutOfMemory] = this.#bridge.addon.dragonInside();
    if (isOutOfMemory) {
      const why = 'there is no memory left in /dev/shm. Make room there, or give it more';
      return this.fail(new RolecallError('ERR_DRAGON', `Cannot use memory of Dragon: ${why}`));
    }
    const longest = Math.max(messages, values, receiver);
    const stuckMs = this.carriesBetweenNodes ? STUCK_BETWEEN_NODES_MS : STUCK_MS;
    if (longest < stuckMs) return;
    const why = 'a process was probably killed while it held a lock';
    this.fail(new RolecallError('ERR_DRAGON', `A call of Dragon has not come back for ${longest} ms: ${why}`));
  }

  /** Gives all of it up. Threads that do not come back are stopped: waiting for a lock, each would keep a core busy. */
  fail(error: RolecallError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#stop();
    this.#bridge.addon.dragonGiveUp();
    setInterval(() => this.#bridge.addon.dragonPark(STUCK_MS), STUCK_MS / 4).unref();
    this.#options.log('warn', `goes on without DragonHPC, through sockets: ${error.message}`);
    this.#tellConnections(error);
    this.#ended.resolve(error);
  }

  #tellConnections(error: RolecallError): void {
    for (const events of [...this.#connections.values()]) events.failed(error);
  }

  #stop(): void {
    this.#bridge.addon.valueStop();
    clearTimeout(this.#asking);
    clearInterval(this.#watching);
  }

  async #endAll(): Promise<void> {
    const wait = { numbers: [END_MS, Number(this.carriesBetweenNodes)], deadlineMs: 2 * END_MS };
    if (this.#inbox !== undefined) await this.#bridge.job('inboxEnd', 'close the inbox', wait);
    // An agent ends, and cuts off its node, if what it has not sent yet is destroyed. So that is only removed, and free with its last map.
    if (!this.carriesBetweenNodes) await this.#bridge.job('poolEnd', 'free a pool', { numbers: [this.#messagePool] });
    if (this.#valuePool !== undefined) {
      await this.#bridge.job('poolEnd', 'free a pool', { numbers: [this.#valuePool.number] });
      closeSync(this.#valuePool.file);
    }
    if (this.#options.token !== undefined) await this.#bridge.job('detach', 'detach from the runtime', wait);
  }
}
