/** Which runtime of DragonHPC this process belongs to, if any. It is one for the process, as libdragon itself is. */
import { existsSync, readdirSync } from 'node:fs';
import { RolecallError } from '../errors.ts';
import type { BETWEEN_NODES } from './between-nodes.ts';
import { findDragon } from './find-library.ts';
import { poolBytesFor } from './pool.ts';
import type { DragonRuntime } from './runtime.ts';
import type { RuntimeSource } from './transport.ts';
import { isDragonTrouble } from './trouble.ts';

/** How to attach to the runtime of a run. Whoever has it belongs to the user: it is passed on with the run's key. */
export interface DragonContact {
  readonly token: string;
  /** $DRAGON_ATTACH_DIR, the same on all nodes. */
  readonly directory: string;
}

export interface JoinOptions {
  /** Null: this process was started by Dragon and has all in its environment. */
  readonly contact: DragonContact | null;
  readonly betweenNodes: (typeof BETWEEN_NODES)[number];
  /** How much of its values this process keeps in memory of Dragon's; none by default. */
  readonly values?: { readonly most: number; readonly sharers: number } | undefined;
  readonly log: (level: 'info' | 'warn', text: string) => void;
}

let joining: Promise<void> = Promise.resolve();
let runtime: DragonRuntime | undefined;

/** The runtime of this process, for transports. */
export const ownRuntime: RuntimeSource = {
  current: () => (runtime?.failure === undefined ? runtime : undefined),
  ready: () => joining,
};

/** For connections that must do without: those over which the last words of a process have to leave at once. */
export const noRuntime: RuntimeSource = { current: () => undefined, ready: async () => {} };

/** True if Dragon started this process. A process that attached has no process number of Dragon's in its environment. */
export function startedByDragon(env: NodeJS.ProcessEnv = process.env): boolean {
  return ['DRAGON_RT_UID', 'DRAGON_DEFAULT_PD', 'DRAGON_MY_PUID'].every((name) => env[name] !== undefined);
}

/** @throws {RolecallError} `ERR_DRAGON_MISSING`, `ERR_DRAGON`, `ERR_DEADLINE`. */
export function joinRuntime(options: JoinOptions): Promise<void> {
  const own = join(options);
  joining = own.catch(() => {});
  return own;
}

/** The same where nobody waits: without Dragon, the process goes on through sockets, and says so. */
export async function joinRuntimeOrDoWithout(options: JoinOptions): Promise<void> {
  try {
    await joinRuntime(options);
  } catch (error) {
    if (!isDragonTrouble(error)) throw error;
    options.log('warn', `does without DragonHPC, through sockets: ${error.message}`);
  }
}

export async function leaveRuntime(): Promise<void> {
  await joining;
  await runtime?.leave();
  runtime = undefined;
}

async function join(options: JoinOptions): Promise<void> {
  const { contact, betweenNodes, log } = options;
  if (contact !== null) process.env['DRAGON_ATTACH_DIR'] = contact.directory;
  const { library } = findDragon();
  const { DragonRuntime } = await import('./runtime.ts'); // only here, for the sake of ranks that do without Dragon
  runtime = await DragonRuntime.join({ library, token: contact?.token, betweenNodes: carries(betweenNodes), log });
  const farther = runtime.carriesBetweenNodes
    ? 'and through its agents between nodes'
    : 'and through sockets between nodes';
  log('info', `sends packets through DragonHPC on this node, ${farther} (${library})`);
  await keepValues(runtime, options);
}

/** It does without, too: then they are in memory that is shared in another way. */
async function keepValues(runtime: DragonRuntime, { values, log }: JoinOptions): Promise<void> {
  if (values === undefined) return;
  const bytes = poolBytesFor(values.most, values.sharers);
  try {
    if (bytes === 0) throw new RolecallError('ERR_DRAGON', 'there is too little free in /dev/shm');
    await runtime.keepValues(bytes);
    log('info', `keeps large values in a pool of DragonHPC of ${bytes / 2 ** 20} MiB`);
  } catch (error) {
    if (!isDragonTrouble(error)) throw error;
    log('warn', `keeps no values in memory of DragonHPC: ${error.message}`);
  }
}

/** Dragon's agents are worth it only over a fast network: without one, a socket is many times faster. */
function carries(betweenNodes: JoinOptions['betweenNodes']): boolean {
  const hasAgents = Number(process.env['DRAGON_NUM_GW_CHANNELS_PER_NODE'] ?? 0) > 0;
  return betweenNodes === 'always' || (betweenNodes === 'auto' && hasAgents && hasFabric());
}

/** Whether this node has Slingshot or InfiniBand. */
export function hasFabric(): boolean {
  return ['/sys/class/cxi', '/sys/class/infiniband'].some(
    (folder) => existsSync(folder) && readdirSync(folder).length > 0,
  );
}
