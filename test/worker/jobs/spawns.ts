/** A job whose one task starts programs in several ways and then waits, or spins, until there is a file `gate`. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Client, createRunner } from 'rolecall';

await using runner = createRunner({ nWorkers: 1 });
await using client = new Client(runner);
await client.waitForWorkers(1);
console.log(`at ${runner.schedulerAddress}, client is ${process.pid}`);

/** In background; in a session of its own; forked twice, so that its parent is gone; and one that ignores SIGTERM. */
const SHELL = `
sleep 1001 >/dev/null 2>&1 &
setsid sleep 1002 >/dev/null 2>&1 &
(sh -c 'setsid sh -c "sleep 1003 & echo started" >/dev/null 2>&1 &')
(setsid sh -c 'trap "" TERM; sleep 1004; sleep 1004' >/dev/null 2>&1 &)
`;

const future = client.submit(async () => {
  spawnSync('sh', ['-c', SHELL]);
  spawn('sleep', ['1005'], { stdio: 'inherit', detached: true });
  await new Promise((done) => setTimeout(done, 300)); // the shells start them meanwhile
  process.stdout.write('started all\n');
  while (!existsSync('gate')) if (process.env['SPIN'] === undefined) await new Promise((done) => setTimeout(done, 10));
  return 5;
});
if (process.argv.includes('leave')) {
  while (!existsSync('gate')) await new Promise((done) => setTimeout(done, 10));
} else console.log(`result ${await future}`);
