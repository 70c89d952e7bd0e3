/** What follows from the facts: what `createRunner()` would do here and why, and what is missing for what. Pure. */
import type { RolecallError } from '../../errors.ts';
import type { Identity } from '../../runners/identity.ts';
import type { ResolvedRunnerOptions } from '../../runners/options.ts';
import { assignRole } from '../../runners/roles.ts';
import { adviseInclusive, type Layout } from '../advice.ts';
import type { Facts } from './facts.ts';

export interface Finding {
  readonly topic: string;
  /** `bad`: a cluster cannot start as things are. `note`: something is missing, or could be better. */
  readonly state: 'good' | 'note' | 'bad';
  readonly text: string;
  /** What it follows from. */
  readonly because: readonly string[];
  /** What to do, if something should be done. */
  readonly todo: string | null;
}

type Details = Partial<Pick<Finding, 'because' | 'todo'>>;

const NODE_MAJOR = 24;

export function findingsOf(facts: Facts): Finding[] {
  const identity = facts.launchers.find(({ taken }) => taken)?.identity;
  return [
    nodeFinding(facts),
    addonFinding(facts),
    ...(facts.optionsProblem === null ? [] : [finding('options', 'bad', facts.optionsProblem)]),
    identityFinding(facts, identity),
    ...roleFindings(facts, identity),
    ...adviceFindings(facts, identity),
    ...meetingFinding(facts, identity),
    coresFinding(facts),
    launchersFinding(facts),
    mpiFinding(facts),
    dragonFinding(facts),
  ];
}

function finding(
  topic: string,
  state: Finding['state'],
  text: string,
  { because = [], todo = null }: Details = {},
): Finding {
  return { topic, state, text, because, todo };
}

function nodeFinding({ node: { version, path, execve } }: Facts): Finding {
  const because = [path];
  if (Number.parseInt(version.slice(1), 10) < NODE_MAJOR)
    return finding('node', 'bad', `Node.js ${version} is too old`, {
      because,
      todo: `Use Node.js ${NODE_MAJOR} or later`,
    });
  if (!execve) {
    const todo = 'Use Linux or macOS; a LocalRunner works here too';
    return finding('node', 'note', `Node.js ${version} without process.execve: ranks cannot take up roles`, {
      because,
      todo,
    });
  }
  return finding('node', 'good', `Node.js ${version}`, { because });
}

function addonFinding({ addonMissing }: Facts): Finding {
  if (addonMissing === null) return finding('addon', 'good', 'the addon is there: shared memory, exact signals, MPI');
  const text = 'no addon: values are copied between the processes of a node, and MPI cannot be used to meet';
  return finding('addon', 'note', text, { because: [addonMissing] });
}

function identityFinding(
  { launchers, allocation, slurmStep, role, isPbsdshTask }: Facts,
  identity: Identity | undefined,
): Finding {
  const because = launchers.map(({ launcher, taken, why, variables }) => {
    const set = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    return `${launcher}: ${taken ? 'believed' : 'not believed'}, ${why} (${set.join(' ')})`;
  });
  if (slurmStep !== null) because.push(`this process runs in the Slurm step ${slurmStep}`);
  if (role !== null) {
    const text = `this process, or one that started it, is the ${role} of a cluster already: no runner can be made here`;
    return finding('who', 'note', text, { because });
  }
  if (identity !== undefined)
    return finding('who', 'good', `rank ${identity.rank} of ${identity.size}, started by ${identity.launcher}`, {
      because,
    });
  if (isPbsdshTask) return finding('who', 'good', 'a task of pbsdsh: a PBSRunner takes a rank for it', { because });
  if (allocation === null)
    return finding(
      'who',
      'good',
      'no launcher started this process: createRunner() makes a LocalRunner, with its own ranks',
      { because },
    );
  const { system, job, nodes, tasksPerNode } = allocation;
  const text = `one process in ${system === 'slurm' ? 'Slurm' : 'PBS'} job ${job}, which has ${nodes} node(s) for ${tasksPerNode} rank(s) each; no rank`;
  const todo =
    system === 'slurm'
      ? 'Start the job file with srun: `srun node job.js`'
      : 'Start the job file with `mpiexec node job.js`, or with pbsdsh';
  return finding('who', 'note', text, { because, todo });
}

function roleFindings({ options, role, choice }: Facts, identity: Identity | undefined): Finding[] {
  if (identity === undefined || options === null || role !== null) return [];
  try {
    const assignment = assignRole(identity.rank, identity.size, options);
    const also = assignment.alsoWorks ? ', and works too (inclusive)' : '';
    return [
      finding(
        'role',
        'good',
        `${choice?.runner ?? 'a runner'} would make it ${assignment.role === 'worker' ? 'a' : 'the'} ${assignment.role}${also}; ${assignment.nWorkers} worker(s) in all`,
      ),
    ];
  } catch (error) {
    const { code, message } = error as RolecallError;
    const todo =
      code === 'ERR_WORLD_TOO_SMALL'
        ? 'Start more ranks, or set ROLECALL_INCLUSIVE=true, with which two are enough'
        : null;
    return [finding('role', 'bad', message, { todo })];
  }
}

function adviceFindings({ options, allocation }: Facts, identity: Identity | undefined): Finding[] {
  const layout = layoutOf(identity) ?? allocation;
  if (layout === null || layout === undefined || options === null || options.inclusive) return [];
  const { inclusive, why } = adviseInclusive(layout);
  if (!inclusive) return [];
  return [
    finding('inclusive', 'note', `scheduler and client should work too: ${why}`, {
      todo: 'Set ROLECALL_INCLUSIVE=true, or pass { inclusive: true }',
    }),
  ];
}

function layoutOf(identity: Identity | undefined): Layout | undefined {
  if (identity === undefined || identity.launcher === 'rolecall') return undefined; // on one machine no node is wasted
  const { size, localSize } = identity;
  return localSize === undefined ? undefined : { nodes: Math.ceil(size / localSize), tasksPerNode: localSize };
}

const MEANS: Readonly<Record<string, string>> = {
  mpi: 'in one MPI broadcast',
  pmi1: 'through their launcher (PMI-1)',
};

function meetingFinding(facts: Facts, identity: Identity | undefined): Finding[] {
  const { choice, folder, pmi, allocation } = facts;
  if (choice === null) return [];
  if (choice.problem !== null) return [finding('meeting', 'bad', choice.problem)];
  const offered = pmi === null ? [] : [`the launcher offers PMI-1 (PMI_FD=${pmi})`];
  if (folder === null)
    return [finding('meeting', 'good', `ranks would meet ${MEANS[choice.means]}`, { because: offered })];
  const { path, problem, fileSystem, shared } = folder;
  const kind = shared === null ? '' : shared ? ', seen by all nodes as a rule' : ', of this machine alone';
  const because = [`${fileSystem ?? 'an unknown file system'}${kind}`, ...offered];
  const todo = 'Set ROLECALL_DIRECTORY to a folder that all nodes share';
  if (problem !== null)
    return [
      finding('meeting', 'bad', `ranks would meet in ${path}, which cannot be used: ${problem}`, { because, todo }),
    ];
  const nodes = layoutOf(identity)?.nodes ?? allocation?.nodes ?? 1;
  if (nodes === 1 || shared !== false) return [finding('meeting', 'good', `ranks would meet in ${path}`, { because })];
  const text = `ranks on ${nodes} nodes would meet in ${path}, which may be another one on each`;
  return [finding('meeting', 'note', text, { because, todo })];
}

function coresFinding({ cores: { usable, machine }, memoryMb }: Facts): Finding {
  const bound = usable < machine ? `${usable} of ${machine} cores: this process is bound to them` : `${machine} cores`;
  return finding('cores', 'good', `${bound}, ${memoryMb} MiB of memory`);
}

function launchersFinding({ programs }: Facts): Finding {
  const found = Object.entries(programs).map(([name, path]) => `${name}: ${path}`);
  if (found.length === 0)
    return finding('launchers', 'good', 'no launcher in PATH; `rolecall run -n 4 job.js` needs none');
  return finding('launchers', 'good', `in PATH: ${Object.keys(programs).join(', ')}`, { because: found });
}

function mpiFinding({ mpiLibraries }: Facts): Finding {
  if (mpiLibraries.length === 0) return finding('mpi', 'good', 'no MPI library found; none is needed');
  return finding('mpi', 'good', 'an MPI library is there', { because: mpiLibraries });
}

function dragonFinding({ programs, dragonVariables, dragonMissing, options, hasFabric }: Facts): Finding {
  if (dragonMissing !== null)
    return finding('dragon', 'bad', "transport is 'dragon', and DragonHPC is not there", { because: [dragonMissing] });
  const use =
    options?.transport === 'dragon'
      ? `it will carry packets and hold large values (transport is 'dragon'); ${betweenNodes(options, hasFabric)}`
      : 'packets are embedded: sockets';
  if (dragonVariables.length > 0)
    return finding('dragon', 'good', `Dragon started this process; ${use}`, { because: [dragonVariables.join(' ')] });
  const path = programs['dragon'];
  if (path === undefined) return finding('dragon', 'good', 'Dragon is not installed; the embedded runtime needs none');
  return finding('dragon', 'good', `Dragon is installed; ${use}`, { because: [path] });
}

function betweenNodes({ dragonBetweenNodes }: ResolvedRunnerOptions, hasFabric: boolean): string {
  if (dragonBetweenNodes !== 'auto')
    return `between nodes, ${dragonBetweenNodes === 'always' ? 'its agents' : 'sockets'} (dragonBetweenNodes is '${dragonBetweenNodes}')`;
  return hasFabric
    ? 'between nodes, its agents, if the runtime has some'
    : 'between nodes, sockets: there is no fabric';
}
