/** A job with all hooks given as functions. */
import { Client, createRunner, type HookContext } from 'rolecall';

const prefix = 'hook';
const said = (name: string) => (context: HookContext) => {
  const { rank, worldSize, nWorkers, addresses } = context;
  console.log(`${prefix} ${name} on ${rank} of ${worldSize} with ${nWorkers}, ${addresses.length} addresses`);
};
await using runner = createRunner({
  hooks: {
    beforeSchedulerStart: said('beforeSchedulerStart'),
    onSchedulerStart: said('onSchedulerStart'),
    beforeWorkerStart: said('beforeWorkerStart'),
    onWorkerStart: said('onWorkerStart'),
    beforeClientStart: said('beforeClientStart'),
    onClose: said('onClose'),
  },
  ...(process.env['ROLECALL_SIZE'] === undefined ? { nWorkers: 1 } : {}),
});
await using client = new Client(runner);
await client.waitForWorkers(runner.nWorkers);
console.log('block');
