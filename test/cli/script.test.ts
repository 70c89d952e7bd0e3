import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { quote } from '../../src/cli/scripts/job.ts';
import { CLI, runJob } from '../support/run-job.ts';

const test = suite('rolecall script');

async function script(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await runJob([CLI, 'script', ...words]);
  assert.equal([code, err], [0, '']);
  return out;
}

const SHAPE = ['--nodes', '4', '--tasks-per-node', '8', '--time', '1:30:00'];

test('for Slurm, with the ranks laid out evenly', async () => {
  const text = await script('slurm', ...SHAPE, 'sub/my job.js', '-x', "it's");
  assert.match(text, /^#!\/bin\/bash\n#SBATCH --job-name=my-job\n#SBATCH --nodes=4\n#SBATCH --ntasks-per-node=8\n/);
  assert.match(text, '#SBATCH --time=01:30:00\n');
  assert.match(text, '#SBATCH --signal=TERM@30\n');
  assert.not.match(await script('slurm', ...SHAPE, '--time', '0:05:00', 'job.js'), '--signal', 'it has no time for it');
  assert.match(text, "exec srun node 'sub/my job.js' -x 'it'\\''s'\n");
  assert.not.match(text, 'INCLUSIVE');
});

test('inclusive, if that saves nodes or is asked for, and not if it is refused', async () => {
  const narrow = ['--nodes', '4', '--tasks-per-node', '1', '--time', '2-0:00:00'];
  const text = await script('slurm', ...narrow, 'job.js');
  assert.match(text, /two nodes of 4 from working\.\nexport ROLECALL_INCLUSIVE=true\n/);
  assert.match(text, '--time=48:00:00');
  assert.not.match(await script('slurm', ...narrow, '--no-inclusive', 'job.js'), 'INCLUSIVE');
  assert.match(await script('pbs', ...SHAPE, '--inclusive', 'job.js'), 'export ROLECALL_INCLUSIVE=true');
});

test('with what else a batch system may be asked for', async () => {
  const further = [
    '--queue',
    'debug',
    '--account',
    'mine',
    '--cpus-per-task',
    '4',
    '--gpus-per-node',
    '2',
    '--name',
    'n',
  ];
  const slurm = await script('slurm', ...SHAPE, ...further, '--directive', '--exclusive', 'job.js');
  for (const line of [
    'partition=debug',
    'account=mine',
    'cpus-per-task=4',
    'gpus-per-node=2',
    'job-name=n',
    'exclusive',
  ])
    assert.match(slurm, `\n#SBATCH --${line}\n`);
  assert.match(slurm, 'export SRUN_CPUS_PER_TASK="$SLURM_CPUS_PER_TASK"');
  const pbs = await script('pbs', ...SHAPE, ...further, 'job.js');
  assert.match(pbs, '\n#PBS -l select=4:ncpus=32:mpiprocs=8:ngpus=2\n');
  assert.match(pbs, '\n#PBS -q debug\n#PBS -A mine\n');
});

test('for PBS, by mpiexec or pbsdsh', async () => {
  const mpiexec = await script('pbs', ...SHAPE, 'job.js');
  assert.match(mpiexec, '\nexec mpiexec -n 32 --ppn 8 node job.js\n');
  assert.match(mpiexec, 'cd "$PBS_O_WORKDIR"');
  const pbsdsh = await script('pbs', ...SHAPE, '--with', 'pbsdsh', 'job.js');
  assert.match(pbsdsh, 'exec pbsdsh -- /usr/bin/env -C "$PWD"');
});

test('a word that would begin another line, a wrong time and a misspelt flag are refused', async () => {
  for (const [words, text] of [
    [['--name', 'a b'], /It must be a name without spaces, got "a b"/],
    [['--queue', 'a\n#SBATCH --uid=0'], /It must be a name without spaces/],
    [['--time', '90'], /It must be a time such as 1:30:00/],
    [['--time', '0:00:00'], /It must be a time such as/],
    [['--nodse', '4'], /unknown option '--nodse'\n\(Did you mean --nodes\?\)/],
  ] as const) {
    const { code, out, err } = await runJob([CLI, 'script', 'slurm', ...SHAPE, ...words, 'job.js']);
    assert.equal([code, out], [2, ''], err);
    assert.match(err, text);
  }
  const { code, err } = await runJob([CLI, 'script', 'slurm', '--nodes', '4', '--time', '1:00:00', 'job.js']);
  assert.is(code, 2);
  assert.match(err, "required option '--tasks-per-node <number>' not specified");
});

test('quote leaves plain words and makes one word of all others', () => {
  assert.is(quote('a/b-1.js'), 'a/b-1.js');
  assert.is(quote(''), "''");
  assert.is(quote('$HOME `x` "y"'), `'$HOME \`x\` "y"'`);
});

test.run();
