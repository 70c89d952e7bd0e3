// serial, deadline: 120 s
/** Callers without the key, by the thousand. `ROLECALL_CALLERS=1000000` for as many as that. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newSecret } from '../../src/transport/security.ts';
import { StreamTransport } from '../../src/transport/stream.ts';
import { WsTransport } from '../../src/transport/ws.ts';
import { Inbox } from '../support/inbox.ts';
import { Random } from '../support/random.ts';
import { within } from '../support/within.ts';

const test = suite('strangers at the port');
const PROGRAM = new URL('./jobs/listener.ts', import.meta.url).pathname;
const CALLERS = Number(process.env['ROLECALL_CALLERS'] ?? 4000);
const AT_ONCE = 200;

interface Held {
  readonly descriptors: number;
  /** Of the process, which grows to what its allocator finds comfortable. */
  readonly megabytes: number;
  /** Of what is reachable. */
  readonly liveMegabytes: number;
  readonly refused: number;
  readonly accepted: number;
}

class Victim {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #secret = newSecret();
  readonly #Make: typeof StreamTransport | typeof WsTransport;
  address = '';

  constructor(scheme: 'tls' | 'wss', mostDescriptors = 4096) {
    this.#Make = scheme === 'wss' ? WsTransport : StreamTransport;
    const command = `ulimit -n ${mostDescriptors} && exec "$0" "$@"`;
    const words = [process.execPath, '--expose-gc', PROGRAM, scheme, Buffer.from(this.#secret).toString('hex')];
    this.#child = spawn('sh', ['-c', command, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines: Interface = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async listens(): Promise<number> {
    this.address = await this.#line();
    return Number(new URL(this.address).port);
  }

  async holds(): Promise<Held> {
    this.#child.stdin?.write('\n');
    const [descriptors = 0, megabytes = 0, liveMegabytes = 0, refused = 0, accepted = 0] = (await this.#line())
      .split(',')
      .map(Number);
    return { descriptors, megabytes, liveMegabytes, refused, accepted };
  }

  /** Somebody with the key gets in, and is answered. */
  async letsIn(): Promise<void> {
    const transport = new this.#Make(this.#secret);
    const attempt = (): ReturnType<typeof transport.connect> => transport.connect(this.address).catch(attempt);
    const connection = await within(attempt(), 'a caller with the key to be let in');
    const inbox = new Inbox(connection);
    connection.send([Buffer.from('here')]);
    assert.equal(await inbox.texts(1), ['here']);
    connection.destroy();
  }

  async end(): Promise<void> {
    const over = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    await within(over, 'the end of the listener');
  }

  async #line(): Promise<string> {
    return (await within(this.#lines.next(), 'a line of the listener')).value as string;
  }
}

/** A caller that has come, said something, and gone; or that was turned away. */
function call(port: number, bytes: Uint8Array): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
  socket.on('error', () => {}).on('close', () => resolve());
  socket.resume();
  return promise;
}

async function burst(port: number, callers: number): Promise<void> {
  const random = new Random(5);
  const said = [
    new Uint8Array(),
    random.bytes(100),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Uint8Array.of(0x16, 3, 1, 2, 0, 1),
  ];
  let left = callers;
  const caller = async (): Promise<void> => {
    while (left-- > 0) await call(port, random.pick(said));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
}

async function idleCallers(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
  for (const socket of sockets) socket.on('error', () => {});
  await Promise.all(
    sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
  );
  return sockets;
}

for (const scheme of ['tls', 'wss'] as const) {
  test(`${scheme}: a burst of ${CALLERS} is turned away; memory and descriptors stay as they were`, async () => {
    const victim = new Victim(scheme);
    const port = await victim.listens();
    await burst(port, 1000); // what the first ones make it load stays
    await victim.letsIn();
    const before = await victim.holds();
    const startedAt = performance.now();
    const burstOver = burst(port, CALLERS);
    await victim.letsIn(); // meanwhile
    await burstOver;
    const seconds = (performance.now() - startedAt) / 1000;
    await victim.letsIn();
    const after = await victim.holds();
    console.log(
      `${scheme}: ${CALLERS} callers in ${seconds.toFixed(1)} s; before ${show(before)}, after ${show(after)}`,
    );
    assert.ok(after.descriptors < before.descriptors + 300, show(after));
    assert.ok(after.megabytes < before.megabytes + 200, show(after));
    assert.ok(after.liveMegabytes <= before.liveMegabytes + 3, show(after));
    assert.is(after.accepted, 3);
    await victim.end();
  });

  test(`${scheme}: a thousand that hold their connections open for nothing keep nobody out`, async () => {
    const victim = new Victim(scheme);
    const port = await victim.listens();
    const before = await victim.holds();
    const idle = await idleCallers(port, 1000);
    await victim.letsIn();
    const { descriptors } = await victim.holds();
    assert.ok(descriptors < before.descriptors + 300, `${descriptors} descriptors`);
    for (const socket of idle) socket.destroy();
    await victim.end();
  });

  test(`${scheme}: slow ones, a byte at a time, are cut off`, async () => {
    const victim = new Victim(scheme);
    const port = await victim.listens();
    const [slow] = await idleCallers(port, 1);
    const timer = setInterval(() => slow?.write(Uint8Array.of(0x16)), 20);
    await Promise.all([
      idleCallers(port, 300).then((sockets) => sockets.forEach((socket) => socket.destroy())),
      gone(slow),
    ]);
    clearInterval(timer);
    await victim.letsIn();
    await victim.end();
  });

  test(`${scheme}: when the descriptors are used up it goes on, and lets in again when there are some`, async () => {
    const victim = new Victim(scheme, 120);
    const port = await victim.listens();
    const idle = await idleCallers(port, 400);
    const { descriptors } = await victim.holds();
    assert.ok(descriptors <= 120, `${descriptors} descriptors`);
    for (const socket of idle) socket.destroy();
    await victim.letsIn();
    await victim.end();
  });
}

function gone(socket: Socket | undefined): Promise<unknown> {
  return within(new Promise((resolve) => socket?.once('close', resolve)), 'a slow caller to be cut off');
}

function show({ descriptors, megabytes, liveMegabytes, refused, accepted }: Held): string {
  return `${descriptors} descriptors, ${megabytes} MB (${liveMegabytes} reachable), ${refused} turned away, ${accepted} let in`;
}

test.run();
