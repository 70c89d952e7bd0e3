/** A job that starts a runner where one was started before: in the same process, in a child of the client, in a child of a task. */
import { spawnSync } from 'node:child_process';
import { Client, createRunner } from 'rolecall';

const child = process.argv[2] === 'child';

function startChild(script: string): string {
  const { status, stderr } = spawnSync(process.execPath, [script, 'child'], { encoding: 'utf8' });
  return `${status} ${stderr.match(/code: '(\w+)'/)?.[1] ?? ''}`;
}

async function useCluster(): Promise<void> {
  await using runner = createRunner({ nWorkers: 1 });
  await using client = new Client(runner);
  if (child) return;
  console.log(`child of the client: ${startChild(import.meta.filename)}`);
  console.log(`child of a task: ${await client.submit(startChild, import.meta.filename)}`);
}

await useCluster();
if (!child)
  await useCluster().then(
    () => console.log('again: fine'),
    ({ code }) => console.log(`again: ${code}`),
  );
