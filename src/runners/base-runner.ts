import { join, resolve } from 'node:path';
import { INSPECT, type Inspect } from '../inspect.ts';
import type { RankLog } from '../logs/rank-log.ts';
import { clientSide } from '../on-demand.ts';
import { noteClient } from './client-note.ts';
import type { ClientRank } from './client-rank.ts';
import { callHook, callHookNow, encodeHooks, type HookContext, type RunnerHooks } from './hooks.ts';
import type { Identity } from './identity.ts';
import { isOneHost } from './interfaces.ts';
import { type Communicator, encodeCommunicator } from './mpi/communicator.ts';
import { type ResolvedRunnerOptions, type RunnerOptions, resolveRunnerOptions } from './options.ts';
import { makeOutputAsynchronous } from './output.ts';
import { endWithOwnParent } from './parent.ts';
import { checkPlace, launchedIdentity } from './place.ts';
import type { Contact } from './rendezvous/contact.ts';
import type { Meeting } from './rendezvous/folder.ts';
import { folderName } from './rendezvous/folder-name.ts';
import type { LastWord } from './rendezvous/last-word.ts';
import type { Means, MeetingPoint } from './rendezvous/meeting-point.ts';
import { becomeRole, type RolePlan, STARTED_VARIABLE, spawnRole } from './role-plan.ts';
import { type Assignment, assignRole, type Role } from './roles.ts';
import { workersOnNode } from './slots.ts';
import { checkSubclass } from './subclass.ts';
import { endFromEnvironment, type OnTimeLeftOptions, type TimeLeft } from './time-left.ts';
import type { TransportsInUse } from './use-dragon.ts';

export type { Contact, Identity, LastWord, Meeting, TransportsInUse };

/** Options and hooks of a runner. */
export interface BaseRunnerOptions extends RunnerOptions {
  readonly hooks?: RunnerHooks;
}

/** What a rank finds out before it takes up its role. */
interface Facts {
  readonly identity: Identity;
  readonly assignment: Assignment;
  readonly means: Means;
  readonly module: string | undefined;
}

/**
 * Turns the ranks that a launcher started into a cluster. Only on the client's rank does the constructor return; every
 * other rank becomes scheduler or worker there and exits when the client has left the block:
 *
 *     await using runner = createRunner()
 *     await using client = new Client(runner)
 *
 * To support another launcher, extend this class in a module of its own, override `identity`, and, where no folder is
 * shared, `publish`, `discover` and `unpublish`; pass `import.meta.url` to the constructor, because the other roles import the module
 * again. They call the methods on an object that was not constructed: methods may use `options`, `folder` and `identityKey`, but
 * no fields of the subclass.
 */
export class BaseRunner implements AsyncDisposable {
  /** Wherever a constructor has returned: 'client'. The other roles see their own in the methods that they call. */
  readonly role!: Role;
  readonly options!: ResolvedRunnerOptions;
  /** Folder in which the ranks meet. */
  readonly folder!: string;
  /** What the ranks of this start have in common. */
  readonly identityKey!: string;
  /** @internal How they get the scheduler's contact, unless a class overrides `publish`, `discover` and `unpublish`. */
  readonly meetingPoint!: MeetingPoint;
  readonly rank!: number;
  readonly worldSize!: number;
  /** Workers that this start has, whether they have joined yet or not. */
  readonly nWorkers!: number;
  /** Where the scheduler listens, first choice first. */
  readonly schedulerAddresses!: readonly string[];
  /** It holds the key, so nothing that prints a runner may come upon it. */
  readonly #client: ClientRank;
  readonly #hooks: RunnerHooks;
  #closed: Promise<void> | undefined;

  /**
   * @param module `import.meta.url` of the module that exports a class of your own; left out by the runners of this package.
   * @throws {RolecallError} on the client's rank, and on any rank before it takes up its role: `ERR_INVALID_OPTION`, `ERR_ROLES`,
   * `ERR_WORLD_TOO_SMALL`, `ERR_RUNNER_START`, `ERR_RENDEZVOUS`, `ERR_DEADLINE`.
   */
  constructor(options: BaseRunnerOptions = {}, module?: string) {
    const { hooks = {}, ...raw } = options;
    this.#hooks = hooks;
    this.options = resolveRunnerOptions(this.constructor.name, raw, process.env);
    checkPlace(this.constructor.name);
    const identity = this.identity();
    const assignment = assignRole(identity.rank, identity.size, this.options, this.ranksAreCalled);
    this.role = assignment.role;
    this.rank = identity.rank;
    this.worldSize = identity.size;
    this.nWorkers = assignment.nWorkers;
    this.identityKey = `${identity.launcher}:${identity.run}`;
    const means = this.chooseMeans();
    this.folder = means === 'folder' || means === 'mpi' ? this.chooseFolder(identity) : '';
    const plan = this.#newPlan({ identity, assignment, means, module });
    if (assignment.role !== 'client') becomeRole({ ...plan, role: assignment.role });
    endWithOwnParent(process.env);
    this.startRanks(plan);
    const beside = assignment.alsoWorks ? spawnRole({ ...plan, role: 'worker', means: 'input' }) : undefined;
    const { ClientRank, meetingPoint } = clientSide();
    const { role, rank, worldSize, folder, identityKey, comm } = this;
    const who = { role, rank, worldSize, folder, identityKey, comm, options: this.options, isOneHost: plan.isOneHost };
    this.meetingPoint = meetingPoint(means, who);
    try {
      callHookNow(this, hooks, 'beforeClientStart', this.#hookContext());
      this.#client = new ClientRank(this, {
        plan,
        look: () => {
          this.checkScheduler();
          return this.discover();
        },
        jobEnd: () => this.findJobEnd(),
        beside: beside?.stdin,
      });
    } catch (error) {
      this.giveUp();
      throw error;
    }
    this.schedulerAddresses = this.contact.addresses;
    makeOutputAsynchronous();
  }

  /** @internal */
  get contact(): Contact {
    return this.#client.contact;
  }

  /** @internal What the client's rank records. */
  get logs(): RankLog {
    return this.#client.logs;
  }

  [INSPECT](_depth: number, options: object, inspect: Inspect): string {
    const { role, rank, worldSize, nWorkers, schedulerAddresses } = this;
    return `${this.constructor.name} ${inspect({ role, rank, worldSize, nWorkers, schedulerAddresses }, options)}`;
  }

  /** Where the scheduler listens. */
  get schedulerAddress(): string {
    return this.schedulerAddresses[0] as string;
  }

  /**
   * Who this process is. All ranks call it, each for itself.
   *
   * @throws {RolecallError} `ERR_RUNNER_START` if nothing says so.
   */
  identity(): Identity {
    return launchedIdentity(this.constructor.name);
  }

  /** What carries packets between this process and others now: DragonHPC only while it really does. */
  get transports(): TransportsInUse {
    return clientSide().transportsInUse(this.schedulerAddresses);
  }

  /** Process id of the scheduler, on the host where it runs. */
  get schedulerPid(): number {
    return this.contact.pid;
  }

  /** Makes the contact known to the other ranks. Called once, on the scheduler's rank. */
  publish(contact: Contact): void | Promise<void> {
    return this.meetingPoint.publish(contact);
  }

  /** Looks once for the scheduler's contact. Called again and again on the other ranks, until it is there or time is up. */
  discover(): Meeting {
    return this.meetingPoint.discover();
  }

  /** Takes back what `publish` did, whether it succeeded or not. `word` is for ranks that are still to come, if there are any. */
  unpublish(word: LastWord | undefined): void | Promise<void> {
    return this.meetingPoint.unpublish(word);
  }

  /** Milliseconds until the batch system ends this job, if that can be told. */
  get timeLeftMs(): number | undefined {
    return this.#client.clock.leftMs;
  }

  /**
   * Calls the listener when the job is to end: some time before its limit, when a signal announces it (`--signal=USR1@120`), and at
   * SIGTERM, which then does not end this process: it has `drainMs` to finish what it has begun and leave its block.
   * Dispose of what is returned to stop listening.
   */
  onTimeLeft(listener: (about: TimeLeft) => void, options: OnTimeLeftOptions = {}): Disposable {
    return this.#client.clock.listen(listener, options);
  }

  /** Ends the cluster: workers and scheduler exit. Never throws, so as not to hide an error of the block. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  /** What the launcher calls its processes, for messages. */
  protected get ranksAreCalled(): string {
    return 'ranks';
  }

  protected chooseFolder(identity: Identity): string {
    const name = folderName(identity.run, process.argv.slice(1), this.options.id);
    return join(resolve(this.chooseDirectory(identity)), name);
  }

  /** The folder in which the folder to meet in is made. */
  protected chooseDirectory(_identity: Identity): string {
    return this.options.directory ?? '.';
  }

  /** @internal With it the ranks meet if `chooseMeans` says so. */
  get comm(): Communicator | undefined {
    return undefined;
  }

  protected chooseMeans(): Means {
    return 'folder';
  }

  /** How long roles go on after a SIGTERM, unless the user says so. */
  protected get defaultDrainMs(): number {
    return 0;
  }

  /** When the batch system will end the job, in milliseconds since 1970. */
  protected findJobEnd(): number | undefined {
    return endFromEnvironment(process.env, performance.timeOrigin);
  }

  /** Called on the client's rank before it waits. A rank is one for good: neither it nor its child processes start another time. */
  protected startRanks(_plan: Omit<RolePlan, 'role'>): void {
    process.env[STARTED_VARIABLE] = 'client';
    noteClient(this.rank);
  }

  /** For runners that start their ranks themselves: resolves when all have ended. */
  protected async ranksEnded(): Promise<void> {}

  /** The constructor fails after `startRanks`. */
  protected giveUp(): void {}

  /** Throws if it is certain that no scheduler will come. */
  protected checkScheduler(): void {}

  #newPlan({ identity, assignment, means, module }: Facts): Omit<RolePlan, 'role'> {
    if (module === undefined) checkSubclass(this, BaseRunner.prototype);
    return {
      rank: identity.rank,
      name: String(identity.rank),
      worldSize: identity.size,
      nWorkers: assignment.nWorkers,
      isOneHost: isOneHost(identity, this.options.schedulerFile),
      workersHere: workersOnNode(identity, assignment.nWorkers),
      localRank: identity.localRank ?? 0,
      alsoWorks: assignment.alsoWorks,
      identity: this.identityKey,
      folder: this.folder,
      means,
      comm: encodeCommunicator(this.comm),
      drainMs: this.options.drainMs ?? this.defaultDrainMs,
      options: this.options,
      endsWithInput: false,
      byHand: false,
      hooks: encodeHooks(this.#hooks),
      runner: module === undefined ? null : { module, name: this.constructor.name },
    };
  }

  async #close(): Promise<void> {
    this.logs.write('info', 'leaves its block: the cluster shall end');
    try {
      await callHook(this, this.#hooks, 'onClose', this.#hookContext());
    } catch (error) {
      process.stderr.write(`rolecall: the hook onClose failed: ${String(error)}\n`);
    }
    await this.#client.end();
    await this.ranksEnded();
  }

  #hookContext(): HookContext {
    const { rank, worldSize, nWorkers } = this;
    return { rank, worldSize, nWorkers, addresses: this.schedulerAddresses ?? [] };
  }
}
