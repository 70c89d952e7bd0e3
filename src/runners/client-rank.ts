/** The client's rank of a runner, once it is known to be that: it finds the scheduler, and stays bound to it until it leaves its block. */
import { leaveRuntime } from '../dragon/membership.ts';
import { RankLog } from '../logs/rank-log.ts';
import { findScheduler, type Waiter } from './find-scheduler.ts';
import { logOptions } from './log-options.ts';
import { leaveForLostScheduler } from './lost-scheduler.ts';
import type { Contact } from './rendezvous/contact.ts';
import type { Meeting } from './rendezvous/folder.ts';
import { tellContact } from './rendezvous/input-meeting.ts';
import type { RolePlan } from './role-plan.ts';
import { RunnerLink } from './runner-link.ts';
import { defaultMemoryBytes } from './slots.ts';
import { JobClock } from './time-left.ts';
import { joinDragonOf } from './use-dragon.ts';

export interface ClientRankOptions {
  readonly plan: Omit<RolePlan, 'role'>;
  /** Looks once for the scheduler. */
  readonly look: () => Meeting;
  /** When the batch system will end the job, in milliseconds since 1970. */
  readonly jobEnd: () => number | undefined;
  /** The input of a worker that was started beside this rank. */
  readonly beside: NodeJS.WritableStream | null | undefined;
}

export class ClientRank {
  readonly contact: Contact;
  readonly logs: RankLog;
  readonly clock: JobClock;
  readonly #link: RunnerLink;

  /** Blocks until the scheduler is found. @throws {RolecallError} `ERR_DEADLINE`, `ERR_RENDEZVOUS`, or what `look` throws. */
  constructor(rank: Waiter, { plan, look, jobEnd, beside }: ClientRankOptions) {
    this.logs = new RankLog(logOptions(plan, 'client'));
    const contact = findScheduler(rank, look);
    this.contact = contact;
    tellContact(beside, contact);
    this.logs.write('info', `met the scheduler (pid ${contact.pid} on ${contact.host}) at ${contact.addresses[0]}`);
    this.clock = new JobClock(plan.drainMs, jobEnd);
    if (plan.drainMs > 0) this.clock.surviveAnnouncements();
    this.#link = new RunnerLink({
      contact,
      rank: plan.rank,
      silenceMs: plan.options.schedulerOptions.schedulerTimeoutMs,
      onGone: (reason) => leaveForLostScheduler(rank, contact, reason),
    });
    const sharers = plan.workersHere + 1;
    void joinDragonOf(contact, plan.options, {
      values: { most: defaultMemoryBytes(sharers), sharers },
      log: (level, text) => this.logs.write(level, text),
    });
  }

  /** Asks for the end of the cluster, and waits for it. */
  async end(): Promise<void> {
    await this.#link.end();
    await leaveRuntime();
  }
}
