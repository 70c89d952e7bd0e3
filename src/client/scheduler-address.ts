import { RolecallError } from '../errors.ts';
import type { Contact } from '../runners/rendezvous/contact.ts';
import { readSchedulerFile } from '../runners/scheduler-file.ts';
import { transportsOf } from '../runners/transports.ts';
import type { ClusterLike } from './client.ts';
import { type RunAbout, RunStory } from './run-story.ts';
import type { SchedulerAddress } from './session.ts';
import { storyOf } from './tell-at-exit.ts';

/** How to reach the scheduler of what was given to `new Client`. @throws {RolecallError} as that. */
export function schedulerOf(
  cluster: ClusterLike | string | { readonly schedulerFile: string },
  key: string | undefined,
): SchedulerAddress {
  if (typeof cluster === 'string') {
    const secret = /^(tcp|ws):/.test(cluster) ? null : key;
    if (secret === undefined) {
      const text = `Cannot connect to ${cluster}: an address alone does not prove who you are. Pass { key }, or use { schedulerFile }`;
      throw new RolecallError('ERR_INVALID_ARGUMENT', text);
    }
    const story = storyOf(aboutRun(cluster));
    return { addresses: [cluster], transports: transportsOf({ secret }), who: cluster, rank: undefined, story };
  }
  const given = cluster as Partial<ClusterLike & { schedulerFile: string }> | null | undefined;
  if (typeof given?.schedulerFile === 'string') {
    const contact = readSchedulerFile(given.schedulerFile);
    const story = storyOf(aboutRun(contact.run));
    return { ...whoIs(contact), transports: transportsOf(contact), rank: undefined, story };
  }
  if (given?.contact === undefined) {
    throw new RolecallError(
      'ERR_INVALID_ARGUMENT',
      'Cannot make a client: expected a runner, an address or { schedulerFile }',
    );
  }
  const { contact, reachedBy: transports = transportsOf(contact), logs, options } = given;
  const about = aboutRun(contact.run, options?.logDirectory);
  const story = options === undefined ? new RunStory(about) : storyOf(about); // nobody tells that of a test cluster
  return { ...whoIs(contact), transports, rank: options?.schedulerRank, logs, story };
}

function aboutRun(run: string, logDirectory?: string): RunAbout {
  return { run, startedAt: performance.timeOrigin, logDirectory };
}

function whoIs({ host, pid, addresses }: Contact): Pick<SchedulerAddress, 'who' | 'addresses'> {
  return { who: `on ${host}, pid ${pid}`, addresses };
}
