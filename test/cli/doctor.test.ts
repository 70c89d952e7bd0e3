import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gatherFacts } from '../../src/cli/doctor/facts.ts';
import { type Finding, findingsOf } from '../../src/cli/doctor/findings.ts';
import { environmentNames, recordedEnvironment } from '../support/environments.ts';
import { CLI, type JobEnd, runJob } from '../support/run-job.ts';

const test = suite('rolecall doctor');

function findingsIn(env: Record<string, string>): Finding[] {
  return findingsOf(gatherFacts(env));
}

function find(findings: readonly Finding[], topic: string): Finding {
  const finding = findings.find((one) => one.topic === topic);
  assert.ok(finding, `nothing is said of ${topic}`);
  return finding as Finding;
}

/** As a process started in a recorded environment, without anything of this one but what programs need. */
function doctor(env: Record<string, string>, ...words: readonly string[]): Promise<JobEnd> {
  return runJob([CLI, 'doctor', ...words], { env });
}

test('says of each recorded environment who the process is, and why', () => {
  const ranks = environmentNames().filter((name) => {
    const findings = findingsIn(recordedEnvironment(name));
    const { state, text, because, todo } = find(findings, 'who');
    assert.ok(because.length > 0, name);
    const isRank = /^rank \d+ of \d+, started by \w+$/.test(text);
    if (isRank) assert.ok(state === 'good' && because.some((line) => line.includes(': believed, ')), name);
    else if (/^one process in Slurm job/.test(text)) assert.match(todo ?? '', 'srun node job.js', name);
    else assert.match(text, /^no launcher started this process/, name);
    return isRank;
  });
  const withoutRank = environmentNames().filter((name) => !ranks.includes(name));
  assert.ok(ranks.includes('srun') && ranks.includes('openmpi-in-sbatch') && ranks.includes('hydra'));
  for (const name of ['sbatch-body', 'salloc-shell', 'interactive-step', 'sbatch-from-rank'])
    assert.ok(withoutRank.includes(name), name);
});

test('explains why the variables of Slurm are not believed under mpirun', () => {
  const { text, because } = find(findingsIn(recordedEnvironment('openmpi-in-sbatch')), 'who');
  assert.match(text, /started by openmpi$/);
  assert.ok(because.some((line) => line.startsWith("slurm: not believed, 'openmpi' comes first (SLURM_")));
});

test('recommends inclusive where a node is wasted otherwise, and only there', () => {
  const slurm = (nodes: number, tasks: number) =>
    findingsIn({ SLURM_JOB_ID: '7', SLURM_JOB_NUM_NODES: String(nodes), SLURM_NTASKS: String(tasks) });
  const advice = find(slurm(4, 4), 'inclusive');
  assert.match(advice.text, 'two nodes of 4');
  assert.match(advice.todo ?? '', 'ROLECALL_INCLUSIVE=true');
  assert.ok(!slurm(4, 32).some(({ topic }) => topic === 'inclusive'));
  const asked = { SLURM_JOB_ID: '7', SLURM_JOB_NUM_NODES: '4', SLURM_NTASKS: '4', ROLECALL_INCLUSIVE: 'true' };
  assert.ok(!findingsIn(asked).some(({ topic }) => topic === 'inclusive'));
});

test('knows the ranks of a PBS job from its file of nodes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  const file = join(folder, 'nodes');
  writeFileSync(file, 'a\na\nb\nb\n');
  const { text, todo } = find(findingsIn({ PBS_JOBID: '9.pbs', PBS_NODEFILE: file }), 'who');
  const task = find(
    findingsIn({ PBS_JOBID: '9.pbs', PBS_NODEFILE: file, PBS_TASKNUM: '20000001', PBS_NODENUM: '1' }),
    'who',
  );
  assert.match(task.text, 'a task of pbsdsh: a PBSRunner takes a rank for it');
  rmSync(folder, { recursive: true });
  assert.match(text, 'one process in PBS job 9.pbs, which has 2 node(s) for 2 rank(s) each');
  assert.match(todo ?? '', 'mpiexec');
});

test('tells what stops a cluster: too few ranks, a wrong variable, a folder that cannot be used', async () => {
  const rank = { ROLECALL_RANK: '0', ROLECALL_SIZE: '2', ROLECALL_RUN: 'r' };
  const small = find(findingsIn(rank), 'role');
  assert.is(small.state, 'bad');
  assert.match(small.todo ?? '', 'ROLECALL_INCLUSIVE=true');
  assert.is(find(findingsIn({ ...rank, ROLECALL_INCLUSIVE: 'true' }), 'role').state, 'good');
  const wrong = find(findingsIn({ ROLECALL_WORKER_SLOTS: 'many' }), 'options');
  assert.match(wrong.text, '"ROLECALL_WORKER_SLOTS" must be an integer >= 1, got "many"');
  const { code, out } = await doctor({ ROLECALL_DIRECTORY: '/etc/passwd/none' });
  assert.is(code, 1, out);
  assert.match(out, /^meeting {4}BAD {3}ranks would meet in \/etc\/passwd\/none, which cannot be used: EACCES$/m);
});

test('as a program: text for people, JSON for programs, and no variable that is not of a launcher', async () => {
  const env = { ...recordedEnvironment('srun'), API_TOKEN: 'very-secret', ROLECALL_LOG: 'debug' };
  const first = { ...recordedEnvironment('openmpi'), OMPI_COMM_WORLD_RANK: '0' };
  const text = await doctor({ ...first, API_TOKEN: 'very-secret' });
  assert.is(text.code, 0, text.out);
  assert.match(text.out, /^node {7}ok {4}Node\.js v/m);
  assert.match(text.out, /^who {8}ok {4}rank 0 of \d+, started by openmpi$/m);
  assert.match(text.out, /^launchers {2}ok/m);

  const json = await doctor(env, '--json');
  const { findings, facts } = JSON.parse(json.out);
  assert.is(json.out.trim().split('\n').length, 1);
  assert.match(find(findings, 'who').text, 'started by slurm');
  assert.is(facts.options.logLevel, 'debug');
  assert.not.match(text.out + json.out, 'very-secret');
});

test('as ranks, one says all and the others a line each', async () => {
  const { code, out } = await runJob([CLI, 'run', '-n', '3', CLI, 'doctor']);
  assert.is(code, 0, out);
  assert.is(out.match(/^node /gm)?.length, 1);
  assert.match(out, /^On \S+: rank 1 of 3, started by rolecall; EnvRunner would make it the client; /m);
  assert.match(out, /^On \S+: rank 2 of 3, .*a worker/m);
});

test.run();
