import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { type Hello, PROTOCOL_VERSION } from '../protocol/hello.ts';

/** What this process is called by its peers; made once, when it first speaks. */
const PROCESS = `${hostname()}:${process.pid}-${randomBytes(6).toString('hex')}`;

/** The hello of this process in a role. `about` is what the other side should know from the start. */
export function ownHello(role: string, about: unknown = null): Hello {
  const node = Number(process.versions.node.split('.')[0]);
  return { type: 'hello', protocol: PROTOCOL_VERSION, node, role, process: PROCESS, incarnation: 1, about };
}
