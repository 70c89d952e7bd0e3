/** What is bundled: the name in dist/ (without `.js`), and its source. */
export const BUNDLES: Readonly<Record<string, string>> = {
  index: 'src/index.ts',
  auto: 'src/auto.ts',
  'client-side': 'src/client-side.ts',
  role: 'src/role.ts',
  mpi: 'src/runners/mpi/exchange-program.ts',
  thread: 'src/worker/thread.ts',
  process: 'src/worker/process.ts',
  cli: 'src/cli/main.ts',
  codec: 'src/values/codec.ts',
  parser: 'node_modules/acorn/dist/acorn.mjs',
  testing: 'src/testing/index.ts',
};

/** Those that are alone in their process: what they share with others need not be in files of its own, and ranks read fewer. */
export const ALONE: readonly string[] = ['mpi', 'cli', 'parser'];

/**
 * What others share, by the modules or folders that lead to all of it, each in one file; what the ones before have is left out. The fewer files a
 * rank reads the sooner it is up: each costs it 0.6 ms of CPU (Node.js 24), and thousands of ranks read them from one parallel file system.
 */
export const SHARED: Readonly<Record<string, readonly string[]>> = {
  /** What a rank and a slot have in common. */
  common: [
    'src/errors.ts',
    'src/on-demand.ts',
    'src/inspect.ts',
    'src/protocol/ranges.ts',
    'src/protocol/log-record.ts',
    'src/protocol/packed-buffers.ts',
    'src/values/handle.ts',
    'src/functions/task.ts',
    'src/native/load.ts',
    'src/native/process.ts',
    'src/native/start-time.ts',
    'src/worker/current-task.ts',
    'src/worker/children/marks.ts',
    'src/worker/per-worker.ts',
    'src/block.ts',
  ],
  /** What every rank loads first, before it knows its role. */
  base: ['src/index.ts'],
  checks: ['node_modules/valibot/dist/index.mjs'],
  /** Becoming a role, and finding the others. */
  meeting: [
    'src/runners/find-scheduler.ts',
    'src/runners/rendezvous/',
    'src/logs/',
    'src/runners/log-options.ts',
    'src/runners/farewell.ts',
    'src/runners/lost-scheduler.ts',
  ],
  /** Talking to others, and handing values over. */
  wire: [
    'src/protocol/',
    'src/peers/',
    'src/store/',
    'src/transport/open-channel.ts',
    'src/runners/transports.ts',
    'src/runners/use-dragon.ts',
    'src/scheduler/policy/task-time.ts',
  ],
  values: ['src/values/'],
};

/** Whose types are published: the name under dist/types/, and its source. They are what `exports` points to. */
export const DECLARATIONS: Readonly<Record<string, string>> = {
  'types/index.d.ts': 'src/index.ts',
  'types/auto.d.ts': 'src/auto.ts',
  'types/testing/index.d.ts': 'src/testing/index.ts',
};

/** What goes into dist/ as it is. */
export const COPIES = ['src/dragon/ranks.py'];
