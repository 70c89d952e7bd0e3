import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { recordedEnvironment } from '../support/environments.ts';
import { CLI, runJob } from '../support/run-job.ts';

const test = suite('starts that are refused');
const jobFile = (name: string): string => new URL(`./jobs/${name}`, import.meta.url).pathname;
const REFUSED = jobFile('refused.ts');

async function refusal(reason: string): Promise<string> {
  const { code, err } = await runJob([REFUSED, reason]);
  assert.is(code, 1, err);
  return err;
}

/** Under a launcher each rank refuses for itself. */
async function refusals(size: number, ...words: readonly string[]): Promise<string[]> {
  const { code, err } = await runJob([CLI, 'run', '-n', String(size), ...words]);
  assert.is(code, 1, err);
  return err.match(/^RolecallError: .*/gm) ?? [];
}

test('a world that is too small, on every rank', async () => {
  for (const size of [1, 2]) {
    const text = `RolecallError: Not enough ranks to start the cluster: found ${size}, need at least 3: scheduler, client and one worker`;
    assert.equal(await refusals(size, jobFile('roles.ts')), Array(size).fill(text));
  }
});

test('roles that contradict each other, and unknown options, on every rank', async () => {
  const alone = await refusals(3, jobFile('roles.ts'), '{"scheduler":false}');
  assert.is(alone.length, 3);
  assert.match(alone[0] as string, 'the client needs a scheduler');
  const unknown = await refusals(3, jobFile('roles.ts'), '{"clientRnak":2}');
  assert.is(unknown.length, 3);
  assert.match(unknown[0] as string, 'EnvRunner: it has no option "clientRnak". Did you mean "clientRank"?');
});

test('a batch script or a shell of an allocation for several tasks, which is one process', async () => {
  for (const name of ['sbatch-body', 'sbatch-from-rank-same-shape', 'salloc-shell', 'interactive-step']) {
    const { SLURM_STEP_ID: _, ...env } = recordedEnvironment(name); // as no slurmstepd is above this test
    const { code, err } = await runJob([jobFile('roles.ts')], { env });
    assert.is(code, 1, err);
    assert.match(err, /Slurm job \d+, and one process, where the job has \d node\(s\) for [46] task\(s\)/);
    assert.match(err, 'Start the script with srun, which makes a rank of it for each task: `srun node job.js`');
  }
});

test('a hook that cannot travel, on every rank', async () => {
  const texts = await refusals(3, REFUSED, 'hook with a socket');
  assert.is(texts.length, 3);
  for (const text of texts) assert.match(text, /onWorkerStart.*`?socket/);
  assert.match(await refusal('hook with a socket'), "code: 'ERR_UNSERIALISABLE_FUNCTION'");
});

test('a hook that does not exist, and one that would have to be waited for', async () => {
  assert.match(await refusal('unknown hook'), 'there is no hook "onWorkerStrat". Did you mean "onWorkerStart"?');
  assert.match(
    await refusal('async beforeClientStart'),
    'Cannot call the hook beforeClientStart: it returned a promise',
  );
});

test('a class whose methods would not get to the other ranks', async () => {
  const [text] = await refusals(3, REFUSED, 'class without module');
  assert.match(
    text as string,
    /Cannot construct ForgotModule: its method onWorkerStart runs on other ranks too.*import\.meta\.url/,
  );
});

test('EnvRunner without a launcher', async () => {
  assert.match(
    await refusal('no launcher'),
    /Cannot start EnvRunner: no launcher has set rank and size\. .*rolecall run/,
  );
});

test('LocalRunner without workers, or with options of other runners', async () => {
  assert.match(await refusal('no workers'), '"nWorkers" must be an integer >= 1, got 0');
  assert.match(await refusal('ranks of others'), '"clientRank" is for runners under a launcher');
});

test('a scheduler that cannot start is no reason to end for a job that catches the error', async () => {
  const { code, out, err } = await runJob([jobFile('caught.ts')]);
  assert.is(code, 0, err);
  assert.match(out, /^caught ERR_RENDEZVOUS\n$/);
  assert.is(err, '', 'the error that was caught says why');
});

test('in a worker thread', async () => {
  const err = await refusal('thread');
  assert.match(err, /Cannot construct LocalRunner in a worker thread: a rank is a whole process/);
  assert.match(err, "code: 'ERR_RUNNER_START'");
});

test('a second time on a rank, or in a child process of one', async () => {
  const { code, out, err } = await runJob([CLI, 'run', '-n', '3', jobFile('again.ts')]);
  assert.is(code, 0, err);
  const [client, task, again] = out.split('\n');
  assert.is(client, 'child of the client: 1 ERR_RUNNER_START');
  assert.is(task, 'child of a task: 1 ERR_RUNNER_START');
  assert.is(again, 'again: ERR_RUNNER_START');
});

test('but a process without a launcher may start clusters one after the other, and so may its children', async () => {
  const { code, out, err } = await runJob([jobFile('again.ts')]);
  assert.is(code, 0, err);
  assert.match(out, 'child of the client: 0 \n');
  assert.match(out, 'child of a task: 1 ERR_RUNNER_START\n');
  assert.match(out, 'again: fine\n');
});

test.run();
