/**
 * A stand-in for OpenPBS, Torque and the mpiexec of HPE's PALS, none of which Debian has: what a process sees under them, as their
 * sources and users describe it. All "nodes" are this machine. Never taken for the real thing: tests with it say `stand-in`.
 *
 *     node stand-in.ts job [--select 2:3] [--walltime 1:00:00] [--torque] [--no-sister-nodefile] -- bash job.sh
 *
 * In the job `pbsdsh`, `mpiexec` and `qstat` are on PATH: this file under other words. Not played: queues, output spooling, -s beyond one
 * task after the other.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

interface State {
  readonly folder: string;
  readonly job: string;
  readonly torque: boolean;
  readonly walltime: string;
  readonly startedAt: number;
  readonly sisterNodefile: boolean;
  /** Index of the host of each line of the file of nodes. */
  readonly hosts: readonly number[];
  /** What `qsub -v` and the submission itself put into the environment of every process of the job. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Between SIGTERM and SIGKILL when a job is deleted, and when PALS ends what is left of a job of which a rank failed. */
const KILL_DELAY_MS = 10_000;
const PALS_MERCY_MS = 3000;
const PASSED_ON = ['ROLECALL_TEST_JOB', 'ROLECALL_TEST_RUN', 'ROLECALL_TEST', 'NODE_DISABLE_COMPILE_CACHE'];

const [mode, ...words] = process.argv.slice(2);
if (mode === 'job') runJob(words);
else if (mode === 'pbsdsh') await pbsdsh(words);
else if (mode === 'qstat') qstat();
else await mpiexec(words);

/** The mother superior: starts the body of the job, and deletes the job when it is told to (`qdel`). */
function runJob(args: string[]): void {
  const [own, command] = split(args);
  const { values } = parseArgs({
    args: own,
    options: {
      select: { type: 'string', default: '2:3' },
      torque: { type: 'boolean', default: false },
      walltime: { type: 'string', default: '01:00:00' },
      'no-sister-nodefile': { type: 'boolean', default: false },
    },
  });
  const state = newJob(values.select, { ...values, sisterNodefile: !values['no-sister-nodefile'] });
  const child = start(command, bodyEnvironment(state), join(state.folder, 'home'));
  const kill = (): void => {
    signalAll([child], 'SIGTERM');
    setTimeout(signalAll, KILL_DELAY_MS, [child], 'SIGKILL').unref();
  };
  process.on('SIGTERM', kill).on('SIGINT', kill);
  child.on('exit', (code, signal) => {
    rmSync(state.folder, { recursive: true, force: true });
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  });
}

function newJob(select: string, about: Pick<State, 'torque' | 'sisterNodefile' | 'walltime'>): State {
  const { torque, sisterNodefile, walltime } = about;
  const [nodes = 1, ranks = 1] = select.split(':').map(Number);
  const folder = mkdtempSync(join(tmpdir(), 'pbs-stand-in-'));
  const hosts = Array.from({ length: nodes * ranks }, (_, i) => Math.floor(i / ranks));
  for (const name of ['bin', 'aux', 'home', 'tmp']) mkdirSync(join(folder, name));
  for (const name of ['pbsdsh', 'mpiexec', 'qstat']) {
    const self = `exec '${process.execPath}' '${fileURLToPath(import.meta.url)}' ${name} "$@"`;
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${self}\n`, { mode: 0o755 });
  }
  const job = `${process.pid}.stand-in`;
  const passed = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  const submitted = {
    PBS_O_WORKDIR: process.cwd(),
    PBS_O_HOME: homedir(),
    PBS_O_QUEUE: 'workq',
    PBS_O_SYSTEM: 'Linux',
  };
  const variables = { ...submitted, ...Object.fromEntries(passed) };
  const state: State = { folder, job, torque, walltime, startedAt: Date.now(), sisterNodefile, hosts, variables };
  writeFileSync(nodefileOf(state), hosts.map((host) => `cn${host + 1}\n`).join(''));
  writeFileSync(join(folder, 'job.json'), JSON.stringify(state));
  for (let host = 0; host < nodes; host++) writeFileSync(join(folder, `tasks.${host}`), host === 0 ? '2' : '1');
  return state;
}

function nodefileOf({ folder, job }: State): string {
  return join(folder, 'aux', job);
}

/** What the body and all tasks have. */
function commonEnvironment(state: State): Record<string, string> {
  const { folder, job, variables } = state;
  return {
    ...variables,
    HOME: join(folder, 'home'),
    PBS_JOBNAME: 'STDIN',
    PBS_JOBID: job,
    PBS_QUEUE: 'workq',
    PBS_JOBCOOKIE: '0123456789ABCDEF',
    PBS_MOMPORT: '15003',
    PBS_ENVIRONMENT: 'PBS_BATCH',
    ENVIRONMENT: 'BATCH',
    OMP_NUM_THREADS: '1',
    NCPUS: '1',
    TMPDIR: join(folder, 'tmp'),
    PBS_JOBDIR: join(folder, 'home'),
    PBS_STAND_IN: folder,
  };
}

function bodyEnvironment(state: State): Record<string, string> {
  const user = userInfo().username;
  return {
    ...commonEnvironment(state),
    PATH: `${join(state.folder, 'bin')}:${process.env['PATH']}`,
    LOGNAME: user,
    USER: user,
    SHELL: '/bin/bash',
    PBS_NODENUM: '0',
    PBS_TASKNUM: '1',
    PBS_NODEFILE: nodefileOf(state),
    ...(state.torque ? torqueVariables(state, 0) : {}),
  };
}

/** Of a task that pbsdsh starts: built anew, so that nothing of the body is in it, nor what the body exported. */
function taskEnvironment(state: State, line: number): Record<string, string> {
  const host = state.hosts[line] as number;
  const seesNodefile = state.torque || (state.sisterNodefile && host > 0);
  return {
    ...commonEnvironment(state),
    PATH: '/bin:/usr/bin',
    PBS_NODENUM: String(host),
    PBS_TASKNUM: taskNumber(state, host),
    ...(seesNodefile ? { PBS_NODEFILE: nodefileOf(state) } : {}),
    ...(state.torque ? torqueVariables(state, line) : {}),
  };
}

function torqueVariables({ hosts }: State, line: number): Record<string, string> {
  const nodes = new Set(hosts).size;
  return {
    PBS_VNODENUM: String(line),
    PBS_NP: String(hosts.length),
    PBS_NUM_NODES: String(nodes),
    PBS_NUM_PPN: String(hosts.length / nodes),
  };
}

/** Counted on each host. OpenPBS writes eight hexadecimal digits, with the host in the high bits. */
function taskNumber({ folder, hosts, torque }: State, host: number): string {
  const file = join(folder, `tasks.${host}`);
  const number = Number(readFileSync(file, 'utf8'));
  writeFileSync(file, String(number + 1));
  if (torque) return String(number);
  const bits = Math.floor(Math.log2(hosts.length)) + 1;
  return ((host * 2 ** (32 - bits) + number) >>> 0).toString(16).toUpperCase().padStart(8, '0');
}

/** Starts a task for each line of the file of nodes. Its exit code is 0 whatever they did. */
async function pbsdsh(args: string[]): Promise<void> {
  const [own, command] = split(args);
  const { values } = parseArgs({
    args: own,
    options: {
      c: { type: 'string', short: 'c' },
      n: { type: 'string', short: 'n' },
      s: { type: 'boolean', short: 's' },
    },
  });
  const state = stateOfJob('pbsdsh');
  const all = state.hosts.length;
  const lines =
    values.n === undefined
      ? Array.from({ length: Number(values.c ?? all) }, (_, copy) => copy % all)
      : [Number(values.n)];
  const children: ChildProcess[] = [];
  endOnSignals(children);
  const ends: Promise<void>[] = [];
  for (const [copy, line] of lines.entries()) {
    const child = start(command, taskEnvironment(state, line), join(state.folder, 'home'));
    children.push(child);
    ends.push(
      endOf(child, (code) => {
        if (code !== 0) console.log(`pbsdsh: task 0x${copy.toString(16).padStart(8, '0')} exit status ${code}`);
      }),
    );
    if (values.s === true) await ends.at(-1);
  }
  await Promise.all(ends);
}

function endOf(child: ChildProcess, tell: (code: number) => void): Promise<void> {
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      tell(signal === null ? (code ?? 1) : 256 + constants.signals[signal]);
      resolve();
    });
  });
}

/** The attributes of the job that are of interest here, as `qstat -f` prints them. */
function qstat(): void {
  const { job, walltime, startedAt } = stateOfJob('qstat');
  const start = new Date(startedAt).toString().replace(/^(\w+ \w+ \d+) (\d+) (\S+).*/, '$1 $3 $2');
  console.log(`Job Id: ${job}\n    job_state = R\n    Resource_List.walltime = ${walltime}\n    stime = ${start}\n`);
}

/** As PALS: the environment of the job, with variables of its own; when a rank fails all are ended. */
async function mpiexec(args: string[]): Promise<void> {
  const [own, command] = split(args);
  const { values } = parseArgs({
    args: own,
    options: { np: { type: 'string', short: 'n' }, ppn: { type: 'string' } },
  });
  const state = stateOfJob('mpiexec');
  const size = Number(values.np ?? state.hosts.length);
  const perNode = Number(values.ppn ?? Math.ceil(size / new Set(state.hosts).size));
  const children: ChildProcess[] = [];
  process.on('SIGTERM', () => signalAll(children, 'SIGTERM'));
  const ends = Array.from({ length: size }, (_, rank) => {
    const env = { ...process.env, ...palsVariables({ rank, size, perNode, apid: `stand-in-${process.pid}` }) };
    const child = start(command, env, process.cwd());
    children.push(child);
    return endOf(child, (code) => {
      if (code === 0 || process.exitCode !== undefined) return;
      process.exitCode = code > 256 ? code - 128 : code;
      signalAll(children, 'SIGTERM');
      setTimeout(signalAll, PALS_MERCY_MS, children, 'SIGKILL').unref();
    });
  });
  await Promise.all(ends);
}

interface Place {
  readonly rank: number;
  readonly size: number;
  readonly perNode: number;
  readonly apid: string;
}

function palsVariables({ rank, size, perNode, apid }: Place): Record<string, string> {
  const node = Math.floor(rank / perNode);
  const here = String(Math.min(perNode, size - node * perNode));
  const local = String(rank % perNode);
  return {
    PALS_APID: apid,
    PALS_RANKID: String(rank),
    PALS_NODEID: String(node),
    PALS_LOCAL_RANKID: local,
    PALS_LOCAL_SIZE: here,
    PMI_JOBID: apid,
    PMI_RANK: String(rank),
    PMI_SIZE: String(size),
    PMI_LOCAL_RANK: local,
    PMI_LOCAL_SIZE: here,
    PMI_UNIVERSE_SIZE: String(size),
  };
}

/** Options of the program, and behind the last of them the command to start. */
function split(args: string[]): [own: string[], command: string[]] {
  let at = 0;
  while (args[at]?.startsWith('-') === true && args[at] !== '--')
    at += ['-n', '-c', '--ppn', '--select', '--walltime'].includes(args[at] as string) ? 2 : 1;
  return [args.slice(0, at), args.slice(args[at] === '--' ? at + 1 : at)];
}

function stateOfJob(program: string): State {
  const { PBS_STAND_IN: folder, PBS_ENVIRONMENT } = process.env;
  if (folder === undefined || PBS_ENVIRONMENT === undefined) {
    console.error(`${program}: not executing under PBS`);
    process.exit(1);
  }
  return JSON.parse(readFileSync(join(folder, 'job.json'), 'utf8'));
}

/** In a session of its own, as every task has one. */
function start(command: readonly string[], env: NodeJS.ProcessEnv, cwd: string): ChildProcess {
  const [program = '', ...args] = command;
  process.umask(0o077);
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  child.on('error', (error) => console.log(`error 17000 on spawn: ${error.message}`));
  return child;
}

function endOnSignals(children: readonly ChildProcess[]): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      signalAll(children, signal);
      process.exit(1);
    });
  }
}

function signalAll(children: readonly ChildProcess[], signal: NodeJS.Signals): void {
  for (const { pid, exitCode, signalCode } of children) {
    if (pid === undefined || exitCode !== null || signalCode !== null) continue;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has just ended.
    }
  }
}
