import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needing } from '../support/needs.ts';
import { CLI, type JobEnd, messagesIn, runJob } from '../support/run-job.ts';

const test = suite('rolecall run');
const ECHO = new URL('./jobs/echo.ts', import.meta.url).pathname;
const LINES = new URL('./jobs/lines.ts', import.meta.url).pathname;
const ROLES = new URL('../runners/jobs/roles.ts', import.meta.url).pathname;

function rolecall(...words: readonly string[]): Promise<JobEnd> {
  return runJob([CLI, ...words]);
}

test('--version says which one it is', async () => {
  const { code, out } = await rolecall('--version');
  assert.is(code, 0);
  assert.match(out, /^\d+\.\d+\.\d+\S*\n$/);
});

test('--help says what there is', async () => {
  const program = await rolecall('--help');
  assert.is(program.code, 0);
  assert.match(program.out, /Usage: rolecall /);
  assert.match(program.out, /run .* run a job file as several ranks on this machine/);

  const { code, out, err } = await rolecall('run', '--help');
  assert.equal([code, err], [0, '']);
  assert.match(out, 'Usage: rolecall run [options] <job> [args...]');
  assert.match(out, /-n, --ranks <number>\s+ranks to start; rank 0 schedules,/);
});

for (const [what, words, text] of [
  [
    'an unknown flag, naming the nearest',
    ['run', '--rnaks', '4', ECHO],
    /unknown option '--rnaks'\n\(Did you mean --ranks\?\)/,
  ],
  ['an unknown command, naming the nearest', ['rnu', '-n', '4', ECHO], /unknown command 'rnu'\n\(Did you mean run\?\)/],
  ['no number of ranks', ['run', ECHO], /required option '-n, --ranks <number>' not specified/],
  ['0 ranks', ['run', '-n', '0', ECHO], /argument '0' is invalid\. It must be an integer >= 1, got "0"/],
  ['half a rank', ['run', '-n', '1.5', ECHO], /It must be an integer >= 1, got "1.5"/],
  [
    'a flag of an option with a wrong value',
    ['run', '-n', '4', '--worker-slots', '0', ECHO],
    /'--worker-slots <number>' argument '0' is invalid\. It must be an integer >= 1, got "0"/,
  ],
  ['no job', ['run', '-n', '4'], /missing required argument 'job'/],
] as const) {
  test(`${what}: refused with 2`, async () => {
    const { code, out, err } = await rolecall(...words);
    assert.is(code, 2, err);
    assert.is(out, '');
    assert.match(err, text);
    assert.is(messagesIn(err).length, 1, err);
  });
}

test('a job that is not there', async () => {
  const { code, err } = await rolecall('run', '-n', '4', 'no-such-job.ts');
  assert.is(code, 1);
  assert.is(err, 'rolecall: Cannot run no-such-job.ts: there is no such file\n');
});

test('starts every rank with the arguments of the job, also those that look like its own', async () => {
  const { code, out } = await rolecall('run', '-n', '3', ECHO, '-n', '9', '--help', '--', 'a b');
  assert.is(code, 0);
  const said = out.trim().split('\n').sort();
  assert.equal(
    said,
    [0, 1, 2].map((rank) => `rank ${rank} of 3: ["-n","9","--help","--","a b"]`),
  );
});

test('--label puts the rank before each line, also before one that does not end, and no colours into a pipe', async () => {
  const { code, out, err } = await rolecall('run', '-l', '-n', '12', LINES);
  assert.is(code, 0);
  const of = (text: string, rank: string) => text.split('\n').filter((line) => line.startsWith(`${rank}: `));
  for (const rank of [' 0', ' 9', '11']) {
    assert.equal(of(out, rank), [`${rank}: first`, `${rank}: `, `${rank}: last`]);
    assert.equal(of(err, rank), [`${rank}: trouble`]);
  }
});

test(
  ...needing(
    { programs: ['script'], packages: 'bsdutils' },
    '--label has colours on a terminal, unless NO_COLOR is set',
    async () => {
      const command = ['env -u CI', process.execPath, CLI, 'run', '-l', '-n', '2', LINES].join(' '); // CI has no colours
      const onTerminal = async (noColor: string): Promise<string> => {
        const env = { NO_COLOR: noColor, TERM: 'xterm-256color' };
        const { out } = await runJob(['-qec', command, '/dev/null'], { program: 'script', env });
        return out.replaceAll('\r', '');
      };
      const coloured = await onTerminal('');
      for (const label of ['\u001b[36m0: \u001b[39mfirst\n', '\u001b[33m1: \u001b[39mfirst\n'])
        assert.match(coloured, label);
      assert.match(await onTerminal('1'), '0: first\n');
    },
  ),
);

test('a flag of an option is the environment of every rank, and code wins over it', async () => {
  const { code, out, err } = await rolecall('run', '-n', '2', '--inclusive', '--worker-slots', '1', ROLES);
  assert.is(code, 0, err);
  assert.equal(JSON.parse(out).workers, ['0', '1']);
  const overruled = await rolecall('run', '-n', '3', '--inclusive', ROLES, '{"inclusive":false}');
  assert.equal(JSON.parse(overruled.out).workers, ['2'], overruled.err);
});

test('without a cluster its exit code is that of the first rank that failed', async () => {
  assert.is((await rolecall('run', '-n', '3', ECHO, 'exit', '2:5')).code, 5);
  assert.is((await rolecall('run', '-n', '3', ECHO, 'exit', '0:4', '1:3')).code, 4);
});

test('its exit code is 128 + n if signal n ended the client; without a cluster every rank counts', async () => {
  assert.is((await rolecall('run', '-n', '3', ECHO, 'exit', '1:SIGKILL')).code, 137);
  assert.is((await rolecall('run', '-n', '3', ECHO, 'exit', '2:SIGKILL')).code, 137);
});

test.run();
