/** A job whose runner is refused by its constructor, for the reason in its argument. */
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { BaseRunner, createRunner, EnvRunner, type HookContext, LocalRunner } from 'rolecall';

class ForgotModule extends BaseRunner {
  onWorkerStart(_context: HookContext): void {}
}

const socket = connect(1, '127.0.0.1');
socket.on('error', () => {}).unref();

const REASONS: Record<string, () => unknown> = {
  'hook with a socket': () => createRunner({ hooks: { onWorkerStart: () => void socket.write('x') } }),
  'unknown hook': () => createRunner({ hooks: { onWorkerStrat: () => {} } as object }),
  'async beforeClientStart': () => createRunner({ hooks: { beforeClientStart: async () => {} } }),
  'class without module': () => new ForgotModule(),
  'no launcher': () => new EnvRunner(),
  'no workers': () => new LocalRunner({ nWorkers: 0 }),
  'ranks of others': () => new LocalRunner({ clientRank: 2 } as object),
  thread: () => {
    const code = `import('${import.meta.resolve('rolecall')}').then(({ createRunner }) => createRunner())`;
    new Worker(code, { eval: true });
  },
};
REASONS[process.argv[2] as string]?.();
