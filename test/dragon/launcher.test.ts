// serial, deadline: 240 s
/** Whole jobs: their ranks started by Dragon, or their packets carried by it. */
import { readdirSync, readFileSync } from 'node:fs';
import { suite, type Test } from 'uvu';
import * as assert from 'uvu/assert';
import { inDragonSandbox } from '../support/dragon/sandbox.ts';
import { CLI, Job, type JobEnd, messagesIn, runJob } from '../support/run-job.ts';

const FLIGHTS = new URL('../../examples/flight-delays.ts', import.meta.url).pathname;
const STEPS = new URL('./jobs/steps.ts', import.meta.url).pathname;
const RUNNER = new URL('./jobs/runner.ts', import.meta.url).pathname;
const SIGNALS = new URL('./jobs/signals.ts', import.meta.url).pathname;
const ECHO = new URL('./jobs/echo.ts', import.meta.url).pathname;

/** A runtime takes seconds to come up, and a busy machine many. */
const PATIENT = { deadlineMs: 100_000 };

/** The launcher of the one runtime that is there. */
function dragonPid(): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const isDragon = (pid: string): boolean => /\/bin\/dragon\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
  return Number(pids.find(isDragon));
}

/** The end of a job, which must leave no memory of Dragon either. */
async function endOf(job: Job): Promise<JobEnd> {
  const end = await job.endAndLeaveNothing();
  assert.equal(readdirSync('/dev/shm'), [], `memory of Dragon is left. ${end.err}`);
  return end;
}

await inDragonSandbox(import.meta, () => {
  const test = suite('DragonHPC under whole jobs');
  testLauncher(test);
  testTransport(test);
  test.run();
});

function testLauncher(test: Test): void {
  test('rolecall run --launcher dragon: the main job', async () => {
    const { code, out, err } = await endOf(new Job([CLI, 'run', '--launcher', 'dragon', '-n', '4', FLIGHTS], PATIENT));
    assert.is(code, 0, err);
    assert.match(out, /scheduler {2}rank 0, at dragon:\/\/127/);
    assert.match(out, /leaves {2}flights/);
    assert.not.match(out, 'head proc exited');
  });

  test('rolecall run --launcher dragon: arguments, output and exit code are those of the ranks', async () => {
    const { code, out, err } = await endOf(
      new Job([CLI, 'run', '--launcher', 'dragon', '-n', '3', ECHO, 'a b', '--c'], PATIENT),
    );
    assert.is(code, 1, err);
    const lines = [0, 1, 2].map((rank) => `rank ${rank} of 3, 3 here: ["a b","--c"]`);
    assert.equal(out.trimEnd().split('\n').sort(), lines);
    assert.match(err, 'rank 2 on the other output\n');
  });

  test('DragonRunner is what createRunner takes there, and works on its own', async () => {
    for (const words of [[RUNNER], [RUNNER, 'new']]) {
      const { code, out, err } = await endOf(
        new Job([CLI, 'run', '--launcher', 'dragon', '-n', '3', ...words], PATIENT),
      );
      assert.is(code, 0, err);
      assert.is(out, 'DragonRunner: 2, dragon\n');
    }
    const { code, err } = await runJob([RUNNER, 'new']);
    assert.is(code, 1);
    assert.match(err, /Cannot start DragonRunner: no runtime .* `rolecall run --launcher dragon/);
  });

  test("rolecall run --launcher dragon: SIGTERM reaches the ranks, and the exit code is the client's", async () => {
    const job = new Job([CLI, 'run', '--launcher', 'dragon', '-n', '3', SIGNALS], PATIENT);
    await job.printed(/ready/);
    job.child.kill('SIGTERM');
    const { code, out } = await endOf(job);
    assert.is(code, 9);
    assert.match(out, 'the client got it');
  });
}

function testTransport(test: Test): void {
  test("transport: 'dragon' under another launcher starts a runtime, and ends it with the run", async () => {
    const job = new Job([CLI, 'run', '-n', '4', '--transport', 'dragon', STEPS], PATIENT);
    job.openGate();
    const { code, out, err } = await endOf(job);
    assert.is(code, 0, err);
    assert.match(out, 'before: dragon, 3000000, values: dragon, 7\nread: 7000000, 7000000\nafter: 332833500, dragon\n');
    assert.equal(messagesIn(err), []);
  });

  test('a runtime that is killed in mid-run: the run goes on through sockets, and says so', async () => {
    const job = new Job([CLI, 'run', '-n', '4', '--transport', 'dragon', STEPS], PATIENT);
    await job.printed(/before: dragon/);
    process.kill(dragonPid(), 'SIGKILL');
    await job.printed(/rank 1.* goes on without DragonHPC, through sockets: Cannot reach the runtime/);
    job.openGate();
    const { code, out, err } = await endOf(job);
    assert.is(code, 0, err);
    assert.match(out, 'read: 7000000, 7000000\nafter: 332833500, embedded\n');
  });

  test('a worker that is killed while another reads its value: nothing is lost, and nothing of it is left', async () => {
    const job = new Job([CLI, 'run', '-n', '5', '--transport', 'dragon', STEPS], PATIENT);
    await job.printed(/before: dragon/);
    process.kill(job.roles.get('worker 3') as number, 'SIGKILL');
    job.openGate();
    const { code, out, err } = await endOf(job);
    assert.is(code, 0, err);
    assert.match(out, 'read: 7000000, 7000000\nafter: 332833500, dragon\n');
  });

  test('without DragonHPC, asking for it says how to get it', async () => {
    const env = { PATH: '/usr/bin:/bin', ROLECALL_DRAGON: '/nowhere' };
    const { code, err } = await runJob([CLI, 'run', '--launcher', 'dragon', '-n', '3', ECHO], { env });
    assert.is(code, 1);
    assert.match(
      err,
      /Cannot use DragonHPC: its library was found not in \/nowhere\. Install it with `pip install dragonhpc`/,
    );
  });
}
