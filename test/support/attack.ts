/** What somebody without the key of a run can do to its ports. */
import { connect as connectTcp, type Socket } from 'node:net';
import { within } from './within.ts';

/** Resolves when the other side has ended the connection. */
export function ended(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return within(new Promise((resolve) => socket.once('close', () => resolve())), 'the end of a connection');
}

/** Sends bytes to the port and waits for the end; returns what came back. */
export async function poke(port: number, bytes: Uint8Array): Promise<Buffer> {
  const socket = connectTcp(port, '127.0.0.1');
  const answer: Buffer[] = [];
  socket.on('data', (data) => answer.push(data));
  socket.write(bytes);
  await ended(socket);
  return Buffer.concat(answer);
}
