/**
 * A transport whose listener is in this process and whose other end is in a process on another node: so that what is written for
 * connections within one process can be run between two.
 */
import { RolecallError } from '../../../src/errors.ts';
import type {
  Connection,
  ConnectionHandlers,
  ConnectOptions,
  Listener,
  ListenOptions,
  Transport,
} from '../../../src/transport/transport.ts';
import type { AnyChannel, AnyMessage } from '../channel-pair.ts';

interface Failure {
  readonly code: 'ERR_CONNECTION_LOST';
  readonly message: string;
}

/** The side that drives: tests talk to it. */
export class FarTransport implements Transport {
  readonly scheme: string;
  readonly #local: Transport;
  readonly #hosts: readonly string[];
  readonly #channel: AnyChannel;
  readonly #answers = new Map<number, (message: AnyMessage) => void>();
  #next = 1;

  /** @param hosts addresses of this node that the other reaches */
  constructor(local: Transport, hosts: readonly string[], channel: AnyChannel) {
    this.scheme = local.scheme;
    this.#local = local;
    this.#hosts = hosts;
    this.#channel = channel;
    channel.start({
      messages: (batch) => batch.forEach((message) => this.#answers.get(message['id'] as number)?.(message)),
      closed: () => {},
    });
  }

  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    return this.#local.listen({ ...options, hosts: this.#hosts }, accept);
  }

  connect(address: string, options: ConnectOptions = {}): Promise<FarConnection> {
    const id = this.#next++;
    const connection = new FarConnection(id, address, (message) => this.#channel.send(message));
    return new Promise((resolve, reject) => {
      this.#answers.set(id, (message) => {
        if (message.type === 'connected') resolve(connection);
        else if (message.type === 'failed') reject(errorIn(message));
        else connection.heard(message);
      });
      this.#channel.send({ type: 'connect', id, address, aborted: options.signal?.aborted ?? false });
    });
  }
}

export class FarConnection implements Connection {
  readonly remote: string;
  /** Which way its packets go, as it said last. */
  path: unknown;
  readonly #id: number;
  readonly #say: (message: AnyMessage) => void;
  #handlers: ConnectionHandlers | undefined;
  readonly #sent: ((() => void) | undefined)[] = [];

  constructor(id: number, remote: string, say: (message: AnyMessage) => void) {
    this.#id = id;
    this.remote = remote;
    this.#say = say;
  }

  send(pieces: readonly Uint8Array[], sent?: () => void): void {
    this.#sent.push(sent);
    this.#say({ type: 'send', id: this.#id, buffers: pieces.map((piece) => new Uint8Array(piece)) });
  }

  open(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    this.#tell('open');
  }

  keepAlive(): void {}

  close(): void {
    this.#tell('close');
  }

  destroy(): void {
    this.#tell('destroy');
  }

  askPath(): void {
    this.#tell('path');
  }

  heard(message: AnyMessage): void {
    switch (message.type) {
      case 'packet':
        return this.#handlers?.packet(message.buffers?.[0] ?? new Uint8Array());
      case 'sent':
        return this.#sent.shift()?.();
      case 'path':
        this.path = message['path'];
        return;
      case 'closed':
        return this.#handlers?.closed(message['code'] === undefined ? undefined : errorIn(message));
    }
  }

  #tell(type: string): void {
    this.#say({ type, id: this.#id });
  }
}

/** The other side: does what it is told, until the channel ends. */
export function serveFarSide(channel: AnyChannel, transport: Transport): Promise<void> {
  const connections = new Map<unknown, Connection>();
  const connect = async ({ id, ...message }: AnyMessage): Promise<void> => {
    const options = message['aborted'] === true ? { signal: AbortSignal.abort() } : {};
    try {
      connections.set(id, await transport.connect(message['address'] as string, options));
      channel.send({ type: 'connected', id });
    } catch (error) {
      channel.send({ type: 'failed', id, ...plain(error as RolecallError) });
    }
  };
  const ended = Promise.withResolvers<void>();
  channel.start({
    messages: (batch) => {
      for (const message of batch) {
        const connection = connections.get(message['id']);
        if (message.type === 'connect') void connect(message);
        else if (connection !== undefined) obey(channel, connection, message);
      }
    },
    closed: () => ended.resolve(),
  });
  return ended.promise;
}

function obey(channel: AnyChannel, connection: Connection, message: AnyMessage): void {
  const id = message['id'];
  switch (message.type) {
    case 'send':
      return connection.send(message.buffers ?? [], () => channel.send({ type: 'sent', id }));
    case 'open':
      return connection.open({
        packet: (bytes) => channel.send({ type: 'packet', id, buffers: [new Uint8Array(bytes)] }),
        closed: (reason) => channel.send({ type: 'closed', id, ...(reason && plain(reason)) }),
      });
    case 'path':
      return channel.send({ type: 'path', id, path: (connection as Connection & { path?: string }).path });
    case 'close':
      return connection.close();
    case 'destroy':
      return connection.destroy();
  }
}

function plain({ code, message }: RolecallError): object {
  return { code, message };
}

function errorIn(message: AnyMessage): RolecallError {
  const { code, message: text } = message as unknown as Failure;
  return new RolecallError(code, text);
}
