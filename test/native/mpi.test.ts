import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { loadAddon } from '../../src/native/load.ts';
import { MPI_LAUNCHERS, MPICH, missingLauncher, OPEN_MPI } from '../support/mpi-launchers.ts';
import { runJob } from '../support/run-job.ts';

const test = suite('MPI from the addon');
const RANK = new URL('./mpi-rank.ts', import.meta.url).pathname;
const MESSAGE = 'the scheduler is at wss://…';
const LIBRARIES = { 'Open MPI': 'libmpi.so.40', MPICH: 'libmpich.so.12' } as const;
const FAMILIES = { 'Open MPI': 'openmpi', MPICH: 'mpich' } as const;

type Launcher = (typeof MPI_LAUNCHERS)[number];

interface Seen {
  readonly family: string;
  readonly rank: number;
  readonly size: number;
  readonly errors: readonly number[];
  readonly text: string;
  readonly wrongRoot: string;
}

async function run({ program, words, env }: Launcher, ranks: number, library: string): Promise<Seen[]> {
  const { code, out, err } = await runJob([...words(ranks), process.execPath, RANK, library, MESSAGE], {
    program,
    env,
  });
  assert.is(code, 0, err);
  const lines = out.split(/\r?\n/).filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line) as Seen).sort((a, b) => a.rank - b.rank);
}

function withLaunchers(title: string, launchers: readonly Launcher[], body: () => Promise<void>): void {
  const missing = loadAddon().missing ?? launchers.map(missingLauncher).find((text) => text !== null);
  test(title, missing === undefined ? body : async () => console.log(`SKIP ${title}: ${missing}`));
}

for (const launcher of MPI_LAUNCHERS) {
  withLaunchers(
    `${launcher.name}: all ranks get the bytes of one, errors are returned, not fatal`,
    [launcher],
    async () => {
      const ranks = await run(launcher, 4, LIBRARIES[launcher.name]);
      assert.equal(
        ranks.map(({ rank, size, family, text, errors }) => ({ rank, size, family, text, errors })),
        [0, 1, 2, 3].map((rank) => ({
          rank,
          size: 4,
          family: FAMILIES[launcher.name],
          text: MESSAGE,
          errors: [0, 0, 0, 0],
        })),
      );
      for (const { wrongRoot } of ranks) assert.match(wrongRoot, /root/i);
    },
  );
}

withLaunchers('the library of another launcher says on every rank that it is alone', MPI_LAUNCHERS, async () => {
  for (const [launcher, other] of [
    [OPEN_MPI, MPICH],
    [MPICH, OPEN_MPI],
  ] as const) {
    const ranks = await run(launcher, 3, LIBRARIES[other.name]);
    assert.equal(
      ranks.map(({ rank, size }) => [rank, size]),
      [0, 1, 2].map(() => [0, 1]),
    );
  }
});

test('mpiOpen: says why a library cannot be used', () => {
  const { addon, missing } = loadAddon();
  if (addon === null) return console.log(`SKIP mpiOpen: no addon, ${missing}`);
  assert.match(addon.mpiOpen('libnowhere.so.1', ''), /^!libnowhere\.so\.1: cannot open shared object file/);
  assert.is(addon.mpiOpen('libm.so.6', ''), '!it is neither Open MPI nor of the MPICH family');
  assert.throws(() => addon.mpiInit(), 'no MPI library is loaded');
});

test.run();
