// serial, deadline: 180 s
import * as assert from 'uvu/assert';
import { jobFile, runBatch, slurmSuite, UNTIL_DONE, type Where } from './suite.ts';

const test = slurmSuite('SlurmRunner: batch jobs');
const WHERE = jobFile('where.ts');
const NODE = process.execPath;

test('in a batch script: two steps at once, and a second start of the same script in one step', async (slurm) => {
  const step = `srun --overlap -N4 -n4 --ntasks-per-node=1 ${NODE} ${WHERE} '{}'`;
  const twice = `srun -N1 -n3 --ntasks-per-node=3 bash -c '${NODE} ${WHERE} {} first; ${NODE} ${WHERE} {} second'`;
  const names = ['a', 'b', 'first', 'second'];
  const { end, log, files } = await runBatch(
    slurm,
    ['-N4', '-n12', '--ntasks-per-node=3'],
    `${step} a & ${step} b & wait\n${twice}`,
    names,
  );
  assert.is(end.code, 0, log);
  assert.is(log, '');
  const [a, b, first, second] = names.map((name) => JSON.parse(files[name] as string) as Where) as [
    Where,
    Where,
    Where,
    Where,
  ];
  for (const { runnerIs, workers } of [a, b]) {
    assert.equal([runnerIs, workers], ['SlurmRunner', ['2@node3', '3@node4']]);
  }
  assert.is(a.job, b.job);
  assert.is.not(a.step, b.step);
  assert.equal([first.workers, second.workers], [['2@node1'], ['2@node1']]);
});

test('the tasks of an array at once, in the same folder', async (slurm) => {
  const script = `srun ${NODE} ${WHERE} '{}' $SLURM_ARRAY_TASK_ID`;
  const { end, log, files } = await runBatch(slurm, ['-N2', '-n3', '--array=0-2'], script, ['0', '1', '2']);
  assert.is(end.code, 0, log);
  const results = Object.values(files).map((text) => JSON.parse(text) as Where);
  assert.equal(
    results.map(({ nWorkers }) => nWorkers),
    [1, 1, 1],
  );
  assert.is(new Set(results.map(({ job }) => job)).size, 3);
});

test('a heterogeneous job', async (slurm) => {
  const flags = ['-N1', '-n2', ':', '-N1', '-n3'];
  for (const mpi of ['none', 'pmi2']) {
    const script = `srun --mpi=${mpi} --het-group=0,1 ${NODE} ${WHERE} '{}' out`;
    const { end, log, files } = await runBatch(slurm, flags, script, ['out']);
    assert.is(end.code, 0, log);
    const { worldSize, workers } = JSON.parse(files['out'] as string) as Where;
    assert.equal([worldSize, workers], [5, ['2@node2', '3@node2', '4@node2']]);
  }
});

test('a job that is put back into the queue while it runs begins anew', async (slurm) => {
  const script = `if [ -z "$SLURM_RESTART_COUNT" ]; then
    srun ${NODE} ${jobFile('requeue.ts')}
    sleep 60
  else
    srun ${NODE} ${WHERE} '{}' out
  fi`;
  const requeued = slurm.untilRequeued();
  const { end, log, files } = await runBatch(slurm, ['-N2', '-n3', '--requeue', '--open-mode=append'], script, ['out']);
  await requeued;
  assert.is(end.code, 0, log);
  const { restart, step, workers } = JSON.parse(files['out'] as string) as Where;
  assert.equal([restart, step, workers], ['1', '0', ['2@node2']]);
});

test('with the variables of another job: srun works, a lone process is refused', async (slurm) => {
  const submit = 'id=$(sbatch --parsable -N2 -n3 --output=inner inner.sh)';
  const script = (body: string): string => `cat > inner.sh <<'INNER'
#!/bin/bash
${body}
INNER
${UNTIL_DONE}
export -f until_done
srun -n3 bash -c 'if [ $SLURM_PROCID = 0 ]; then ${submit}; until_done $id; fi'
rm inner.sh`;
  const flags = ['-N2', '-n3'];
  const good = await runBatch(slurm, flags, script(`srun ${NODE} ${WHERE} {} out`), ['out', 'inner']);
  assert.is(good.end.code, 0, `${good.log} ${good.files['inner']}`);
  assert.is((JSON.parse(good.files['out'] as string) as Where).worldSize, 3);
  const bad = await runBatch(slurm, flags, script(`${NODE} ${WHERE}; echo code $?`), ['inner']);
  assert.match(bad.files['inner'] as string, /Cannot start the runner that fits \(createRunner\): .* for 3 task\(s\)/);
  assert.match(bad.files['inner'] as string, 'srun node job.js');
  assert.match(bad.files['inner'] as string, 'code 1');
});

test.run();
