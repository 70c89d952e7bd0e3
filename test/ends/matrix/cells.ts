/**
 * How a run ends, whatever happens to it: one row for each thing that can happen, pure data. The tests, `npm run chaos` and the table in
 * docs/lifecycle.md are made of it.
 */

/** Stages of a run, in the order in which they come. */
export const STAGES = {
  before: 'the ranks have started, the scheduler is not to be found yet',
  during: 'scheduler and client have met, the workers are about to join',
  idle: 'all have joined, nothing is to be done',
  running: 'every worker runs a task, which has started programs',
  moving: 'values are on their way from worker to worker and to the client',
  ending: 'the rank has been told that the run is over, or tells it',
} as const;
export type Stage = keyof typeof STAGES;

export type Who = 'client' | 'scheduler' | 'worker' | 'everybody';
export type How =
  | 'returns'
  | 'throws'
  | 'exits with 7'
  | 'leaves a rejection'
  | 'Ctrl-C'
  | 'Ctrl-C twice'
  | 'SIGTERM'
  | 'SIGKILL'
  | 'SIGSTOP';

/** An exit code, or the signal that ended a process. */
export type Code = number | NodeJS.Signals;

/** A message, and what it says, for readers. */
export interface Message {
  readonly pattern: RegExp;
  readonly text: string;
}

export interface Row {
  readonly who: Who;
  readonly how: How;
  readonly when: readonly Stage[];
  /** The client gets its results, although this happened. Else the run ends. */
  readonly goesOn: boolean;
  /** How the ranks end; those that are not named end with 0. `worker` is the one that it happened to. */
  readonly codes: Readonly<Partial<Record<'client' | 'scheduler' | 'worker' | 'otherWorker', Code>>>;
  /** The one message of the whole run, or undefined if there is none. */
  readonly says?: Message;
  /** The client prints a summary, once, behind the message. */
  readonly sums?: Message;
  /** There is none if the client has heard why before it was killed itself: launchers say the rest. */
  readonly orNothing?: true;
  /** A rank that is stopped goes on when this has happened. */
  readonly resumes?: 'at once' | 'when it is said' | 'when the others have ended';
  /** A rank that comes when the client has left may say that it is late; one of them does. */
  readonly lateRank?: true;
  /** The wait for the others must end in vain. */
  readonly inVain?: true;
  /** What stays in the shared folder, for a rank of which nobody can know whether it comes. */
  readonly leaves?: 'a word';
}

/** What every message about a lost rank says. */
const WHEN = 'at [0-9:]{8}, [0-9.]+ s after the start';
const CLIENT_GONE = {
  text: 'scheduler: "The client (rank 1, …) ended without leaving its block at …: …"',
  pattern: new RegExp(
    `^rolecall: rank 0 \\(scheduler on .*\\): The client \\(rank 1.*\\) ended without leaving its block ${WHEN}: `,
  ),
};
const CLIENT_SILENT = {
  text: 'scheduler: "The client (rank 1, …) has been silent for 30 s: … The cluster waits for it"',
  pattern: /^rolecall: rank 0 \(scheduler on .*\): The client \(rank 1.*\) has been silent for/,
};
const NO_CLIENT = {
  text: 'scheduler: "Waited … for the client\'s rank to join, in vain"',
  pattern: /^rolecall: rank 0 \(scheduler on .*\): Waited \d+ ms \(startTimeoutMs\) for the client's rank/,
};
const NO_SCHEDULER = {
  text: 'client: `ERR_DEADLINE` "Waited … for the scheduler (rank 0) …, in vain"',
  pattern: /^RolecallError: Waited \d+ ms \(startTimeoutMs\) for the scheduler \(rank 0\)/,
};
const NOT_STARTED = {
  text: 'client: `ERR_RENDEZVOUS` "Cannot start the cluster: The scheduler ends: it was told to end (SIGTERM)"',
  pattern: /^RolecallError: Cannot start the cluster: .*told to end \(SIGTERM\)/,
};
const SCHEDULER_KILLED = {
  text: 'client: `ERR_SCHEDULER_LOST` "The scheduler (…) is gone, and with it all tasks: … probably killed"',
  pattern: new RegExp(
    `^RolecallError: The scheduler \\(.*\\) is gone, and with it all tasks: .* probably killed.* noticed ${WHEN}`,
  ),
};
const SCHEDULER_SILENT = {
  text: 'client: `ERR_SCHEDULER_LOST` "The scheduler (…) is gone, and with it all tasks: it has been silent for 30 s"',
  pattern: new RegExp(
    `^RolecallError: The scheduler \\(.*\\) is gone, and with it all tasks: .*silent for.* noticed ${WHEN}`,
  ),
};
const SCHEDULER_TOLD = {
  text: 'client: `ERR_SCHEDULER_LOST` "The scheduler (…) is gone, …: it was told to end (SIGTERM)"',
  pattern: new RegExp(
    `^RolecallError: The scheduler \\(.*\\) is gone, and with it all tasks: .*told to end \\(SIGTERM\\).* noticed ${WHEN}`,
  ),
};
const ALL_TOLD = {
  text: 'scheduler: "The scheduler ends: it was told to end (SIGTERM)"',
  pattern: /^rolecall: rank 0 \(scheduler on .*\): The scheduler ends: it was told to end \(SIGTERM\)/,
};
const WORKER_LEFT = {
  text: 'client: "lost worker 2 … at …: it was told to end (SIGTERM)"',
  pattern: new RegExp(`^rolecall: warn: lost worker 2 on .* ${WHEN}: it was told to end \\(SIGTERM\\)`),
};
const WORKER_LOST = {
  text: 'client: "lost worker 2 … at …: … probably killed; … run again"',
  pattern: new RegExp(`^rolecall: warn: lost worker 2 on .* ${WHEN}: .* probably killed`),
};
const WORKER_SILENT = {
  text: 'client: "lost worker 2 … at …: it has been silent for 30 s; … run again"',
  pattern: new RegExp(`^rolecall: warn: lost worker 2 on .* ${WHEN}: .*silent for`),
};
const LATE = {
  text: 'worker: "leaves, because it comes too late: the run has ended (the client left)"',
  pattern: /^rolecall: rank 2 \(worker on .*\): leaves, because it comes too late/,
};
const THROWN = { text: 'the error with its stack, once', pattern: /^RangeError: thrown in the block/ };
const REJECTED = { text: 'the error with its stack, once', pattern: /^RangeError: never caught/ };

const SUMMARY = `rolecall: summary: the run ended badly \\(exit code [17]\\) ${WHEN}\n`;
const LOGS = '  logs    were not kept: ROLECALL_LOG_DIRECTORY=<folder> .*\n$';
const TASKS_LOST = {
  text: 'which tasks had not ended',
  pattern: new RegExp(`^${SUMMARY}(  undone  .*, which had not ended\n)+${LOGS}`),
};
const SCHEDULER_GONE = {
  text: 'that rank 0 was lost, and which tasks had not ended',
  pattern: new RegExp(
    `^${SUMMARY}  lost    rank 0 \\(scheduler on .*, pid \\d+\\) at .* after the start: .*\n(  undone  .*, which had not ended\n)*${LOGS}`,
  ),
};

const AT_WORK = ['idle', 'running', 'moving'] as const;
const BUSY = ['running', 'moving'] as const;
const STARTED = ['during', ...AT_WORK] as const;

export const ROWS: readonly Row[] = [
  { who: 'client', how: 'returns', when: AT_WORK, goesOn: false, codes: {} },
  { who: 'client', how: 'returns', when: ['during'], goesOn: false, codes: {}, lateRank: true },
  { who: 'client', how: 'throws', when: ['idle'], goesOn: false, codes: { client: 1 }, says: THROWN },
  {
    who: 'client',
    how: 'throws',
    when: BUSY,
    goesOn: false,
    codes: { client: 1 },
    says: THROWN,
    sums: TASKS_LOST,
  },
  { who: 'client', how: 'throws', when: ['during'], goesOn: false, codes: { client: 1 }, says: THROWN, lateRank: true },
  { who: 'client', how: 'exits with 7', when: ['idle'], goesOn: false, codes: { client: 7 } },
  { who: 'client', how: 'exits with 7', when: BUSY, goesOn: false, codes: { client: 7 }, sums: TASKS_LOST },
  { who: 'client', how: 'exits with 7', when: ['during'], goesOn: false, codes: { client: 7 }, lateRank: true },
  { who: 'client', how: 'leaves a rejection', when: ['idle'], goesOn: false, codes: { client: 1 }, says: REJECTED },
  {
    who: 'client',
    how: 'leaves a rejection',
    when: BUSY,
    goesOn: false,
    codes: { client: 1 },
    says: REJECTED,
    sums: TASKS_LOST,
  },
  {
    who: 'client',
    how: 'leaves a rejection',
    when: ['during'],
    goesOn: false,
    codes: { client: 1 },
    says: REJECTED,
    lateRank: true,
  },
  ...(['SIGTERM', 'SIGKILL'] as const).flatMap((how): Row[] => [
    {
      who: 'client',
      how,
      when: ['before'],
      goesOn: false,
      codes: { client: how, scheduler: 1 },
      says: NO_CLIENT,
      inVain: true,
      leaves: 'a word',
    },
    { who: 'client', how, when: [...STARTED, 'ending'], goesOn: false, codes: { client: how }, says: CLIENT_GONE },
  ]),
  { who: 'client', how: 'SIGSTOP', when: ['before'], goesOn: true, codes: {}, resumes: 'at once' },
  {
    who: 'client',
    how: 'SIGSTOP',
    when: STARTED,
    goesOn: true,
    codes: {},
    says: CLIENT_SILENT,
    resumes: 'when it is said',
  },
  {
    who: 'client',
    how: 'SIGSTOP',
    when: ['ending'],
    goesOn: true,
    codes: {},
    says: CLIENT_SILENT,
    resumes: 'when it is said',
  },

  { who: 'scheduler', how: 'SIGTERM', when: ['before'], goesOn: false, codes: { client: 1 }, says: NOT_STARTED },
  {
    who: 'scheduler',
    how: 'SIGTERM',
    when: STARTED,
    goesOn: false,
    codes: { client: 1 },
    says: SCHEDULER_TOLD,
    sums: SCHEDULER_GONE,
  },
  { who: 'scheduler', how: 'SIGTERM', when: ['ending'], goesOn: true, codes: {} },
  {
    who: 'scheduler',
    how: 'SIGKILL',
    when: ['before'],
    goesOn: false,
    codes: { client: 1, scheduler: 'SIGKILL' },
    says: NO_SCHEDULER,
    inVain: true,
  },
  {
    who: 'scheduler',
    how: 'SIGKILL',
    when: STARTED,
    goesOn: false,
    codes: { client: 1, scheduler: 'SIGKILL' },
    says: SCHEDULER_KILLED,
    sums: SCHEDULER_GONE,
  },
  { who: 'scheduler', how: 'SIGKILL', when: ['ending'], goesOn: true, codes: { scheduler: 'SIGKILL' } },
  { who: 'scheduler', how: 'SIGSTOP', when: ['before'], goesOn: true, codes: {}, resumes: 'at once' },
  {
    who: 'scheduler',
    how: 'SIGSTOP',
    when: STARTED,
    goesOn: false,
    codes: { client: 1 },
    says: SCHEDULER_SILENT,
    sums: SCHEDULER_GONE,
    resumes: 'when the others have ended',
  },
  {
    who: 'scheduler',
    how: 'SIGSTOP',
    when: ['ending'],
    goesOn: true,
    codes: {},
    resumes: 'when the others have ended',
  },

  { who: 'everybody', how: 'Ctrl-C', when: ['before', ...STARTED], goesOn: false, codes: { client: 'SIGINT' } },
  { who: 'everybody', how: 'Ctrl-C twice', when: ['before', ...STARTED], goesOn: false, codes: { client: 'SIGINT' } },
  {
    who: 'everybody',
    how: 'SIGTERM',
    when: ['before', ...STARTED],
    goesOn: false,
    codes: { client: 'SIGTERM' },
    says: ALL_TOLD,
    orNothing: true,
  },

  { who: 'worker', how: 'SIGTERM', when: ['before'], goesOn: true, codes: {}, leaves: 'a word' },
  { who: 'worker', how: 'SIGTERM', when: ['during', 'ending'], goesOn: true, codes: {} },
  { who: 'worker', how: 'SIGTERM', when: AT_WORK, goesOn: true, codes: {}, says: WORKER_LEFT },
  {
    who: 'worker',
    how: 'SIGKILL',
    when: ['before', 'during'],
    goesOn: true,
    codes: { worker: 'SIGKILL' },
    leaves: 'a word',
  },
  { who: 'worker', how: 'SIGKILL', when: AT_WORK, goesOn: true, codes: { worker: 'SIGKILL' }, says: WORKER_LOST },
  { who: 'worker', how: 'SIGKILL', when: ['ending'], goesOn: true, codes: { worker: 'SIGKILL' } },
  {
    who: 'worker',
    how: 'SIGSTOP',
    when: ['before', 'during'],
    goesOn: true,
    codes: {},
    says: LATE,
    resumes: 'when the others have ended',
  },
  {
    who: 'worker',
    how: 'SIGSTOP',
    when: AT_WORK,
    goesOn: true,
    codes: {},
    says: WORKER_SILENT,
    resumes: 'when the others have ended',
  },
  { who: 'worker', how: 'SIGSTOP', when: ['ending'], goesOn: true, codes: {}, resumes: 'when the others have ended' },
];

export interface Cell extends Omit<Row, 'when'> {
  readonly when: Stage;
}

export const CELLS: readonly Cell[] = ROWS.flatMap(({ when, ...row }) =>
  when.map((stage) => ({ ...row, when: stage })),
);

export function cellName({ who, how, when }: Cell): string {
  return `${who} ${how}, ${when}`;
}
