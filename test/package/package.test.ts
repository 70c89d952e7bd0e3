// serial, deadline: 180 s
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { missingTools } from '../../scripts/setup/addon-tools.mjs';
import { root } from '../../scripts/setup/repository.mjs';

const test = suite<{ folder: string; project: string; tarball: string }>('the published package');

/** A job that keeps no task to a rank. */
const ALONE = `
  import { Client, createRunner } from 'rolecall';
  await using runner = createRunner();
  await using client = new Client(runner);
  console.log(await client.submit((x) => x + 1, 41));
`;

function run(cwd: string, program: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  // Tests run inside npm and its settings; these commands run as a user's would.
  const own = Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_'));
  const env = {
    ...Object.fromEntries(own),
    npm_config_cache: join(tmpdir(), 'npm-cache'),
    NODE_DISABLE_COMPILE_CACHE: '1',
    npm_config_update_notifier: 'false',
  };
  return spawnSync(program, args, { cwd, env, encoding: 'utf8' });
}

function runWell(cwd: string, program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = run(cwd, program, ...args);
  assert.is(status, 0, `${program} ${args.join(' ')}: ${error?.message ?? ''}${stdout}${stderr}`);
  return stdout;
}

/** The code of the README's blocks in a language. */
function codeBlocks(language: string): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    (match) => match[1] as string,
  );
}

test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'package-'));
  context.project = join(context.folder, 'project');
  mkdirSync(context.project);
  const packed = runWell(root, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', context.folder);
  const [{ filename, size, unpackedSize }] = JSON.parse(packed);
  context.tarball = join(context.folder, filename);
  console.log(`${filename}: ${Math.round(size / 1000)} kB, unpacked ${Math.round(unpackedSize / 1000)} kB`);

  writeFileSync(join(context.project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  const settings = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  runWell(context.project, 'npm', 'install', context.tarball, ...settings);
  writeFileSync(join(context.project, 'job.js'), codeBlocks('js')[0] as string);
  writeFileSync(join(context.project, 'alone.js'), ALONE);
  writeFileSync(join(context.project, 'job.ts'), codeBlocks('ts')[0] as string);
});

test.after(({ folder }) => {
  rmSync(folder, { recursive: true });
  rmSync(join(tmpdir(), 'npm-cache'), { recursive: true, force: true });
});

test('is installed offline, and brings no other package', ({ project }) => {
  const installed = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
  assert.equal(installed, ['rolecall']);
});

test('holds what is needed and no more', ({ project }) => {
  const installed = join(project, 'node_modules', 'rolecall');
  const names = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  for (const name of ['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js', 'dist/role.js', 'dist/thread.js']) {
    assert.ok(names.includes(name), name);
  }
  assert.is(names.includes('dist/native/addon-linux-x64.node'), missingTools() === null && process.arch === 'x64');
  const strange = names.filter((name) =>
    /^(?!dist|docs|README|LICENSE|CHANGELOG|package\.json)|\.test\.|\.stamp/.test(name),
  );
  assert.equal(strange, []);
});

test('tells nothing of the machine that built it', ({ project }) => {
  const dist = join(project, 'node_modules', 'rolecall', 'dist');
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (/\.(js|map|ts)$/.test(name)) assert.not.match(readFileSync(join(dist, name), 'utf8'), root, name);
    if (!name.endsWith('.map')) continue;
    const { sources } = JSON.parse(readFileSync(join(dist, name), 'utf8')) as { sources: string[] };
    assert.equal(
      sources.filter((source) => !source.startsWith('../')),
      [],
      name,
    );
  }
});

for (const job of ['job.js', 'job.ts']) {
  test(`runs the README's ${job} alone, and as four ranks`, ({ project }) => {
    assert.is(runWell(project, process.execPath, job), '42\n21\n');
    const command = join('node_modules', '.bin', 'rolecall');
    assert.is(runWell(project, process.execPath, command, 'run', '-n', '4', job), '42\n21\n');
  });
}

test('decides about the roles before the job with --import rolecall/auto', ({ project }) => {
  const command = join('node_modules', '.bin', 'rolecall');
  const words = ['--import', 'rolecall/auto', command, 'run', '-n', '4', 'job.js'];
  assert.is(runWell(project, process.execPath, ...words), '42\n21\n');
});

test('has a command whose help leads to every other one, and whose examples are of commands and flags that exist', ({
  project,
}) => {
  const help = (...words: readonly string[]): string =>
    runWell(project, process.execPath, join('node_modules', '.bin', 'rolecall'), ...words, '--help');
  const names = [...help().matchAll(/^ {2}([a-z]+)(?: \[options\].*)? {2,}\S/gm)].map((match) => match[1] as string);
  assert.equal(names, ['run', 'doctor', 'script', 'scheduler', 'worker', 'teardown']);
  const texts = [help(), ...names.map((name) => help(name))].join('\n');
  const examples = [
    ...texts.matchAll(/^ {2}(?:srun .*npx |mpirun .*npx )?rolecall ((?:[a-z]+ )+)(.*?)(?: {2,}.*)?$/gm),
  ];
  assert.ok(examples.length > 12, `${examples.length} examples`);
  for (const [example, command = '', rest = ''] of examples) {
    const known = help(...command.trim().split(' '));
    const own = rest.replace(/\bjob\.[jt]s .*/, '');
    for (const [flag] of own.matchAll(/--[a-z-]+/g)) assert.match(known, `${flag}`, example);
  }
});

test('its commands do what their help says, in an empty project', ({ project }) => {
  const rolecall = (...words: readonly string[]): string =>
    runWell(project, process.execPath, join('node_modules', '.bin', 'rolecall'), ...words);
  assert.match(rolecall('doctor'), /^who {8}ok {4}no launcher started this process/m);
  assert.is(JSON.parse(rolecall('doctor', '--json')).facts.addonMissing, null);
  assert.equal(rolecall('run', '-l', '-n', '2', '--inclusive', '--worker-slots', '1', 'alone.js'), '1: 42\n');
  assert.match(
    rolecall('script', 'slurm', '--nodes', '2', '--tasks-per-node', '4', '--time', '1:00:00', 'job.js'),
    'srun node',
  );
  assert.match(rolecall('teardown', '--with', 'NOBODY=HAS_THIS'), '0 processes and 0 folders left over.');
  const { status, stderr } = run(project, process.execPath, join('node_modules', '.bin', 'rolecall'), 'docter');
  assert.equal([status, stderr], [2, "error: unknown command 'docter'\n(Did you mean doctor?)\n"]);
});

test("has types with which the README's job.ts passes a strict check", ({ project }) => {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2024', 'esnext.disposable'],
    types: ['node'],
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
  };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  mkdirSync(join(project, 'node_modules', '@types'));
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(project, 'node_modules', '@types', 'node'));
  runWell(project, join(root, 'node_modules', '.bin', 'tsc'), '-p', '.');

  writeFileSync(
    join(project, 'wrong.ts'),
    "import { createRunner } from 'rolecall';\ncreateRunner({ nWorkers: 'two' });\n",
  );
  const { status, stdout } = run(project, join(root, 'node_modules', '.bin', 'tsc'), '-p', '.');
  assert.is.not(status, 0);
  assert.match(stdout, /wrong\.ts\(2,\d+\): error TS2322/);
});

test.run();
