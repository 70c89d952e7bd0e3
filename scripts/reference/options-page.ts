import type { Command } from 'commander';
import { newProgram } from '../../src/cli/program.ts';
import { WITH_OPTIONS } from '../../src/client/with-options.ts';
import type { Declarations } from '../../src/options/options.ts';
import { LOCAL_OPTIONS, RUNNER_OPTIONS, SCHEDULER_OPTIONS, WORKER_OPTIONS } from '../../src/runners/options.ts';

const HEAD = `# Options

This page is generated from the declarations in \`src/runners/options.ts\` and the commands in \`src/cli/\`; types in your editor
say the same. Code wins over the environment, the environment over the default. A name that does not exist, and a value of the wrong
kind, are errors (\`ERR_INVALID_OPTION\`), in code, environment and flags alike; a misspelt name is told the nearest.
`;

const SECTIONS: readonly [title: string, text: string, declarations: Declarations][] = [
  ['Every runner', 'The first argument of `createRunner()` and of every runner.', RUNNER_OPTIONS],
  ['Without a launcher', 'Further options of `createRunner()` and `LocalRunner`.', LOCAL_OPTIONS],
  [
    'The scheduler',
    'In `schedulerOptions`, as in `createRunner({ schedulerOptions: { port: 8786 } })`.',
    SCHEDULER_OPTIONS,
  ],
  ['Workers', 'In `workerOptions`, as in `createRunner({ workerOptions: { slots: 2 } })`.', WORKER_OPTIONS],
  [
    'Tasks',
    'Of `client.with(options)`, which is the same client with other options for what it submits.',
    WITH_OPTIONS,
  ],
];

const COMMANDS = `
## Command line

Where a command takes options of runners, a flag is called as the environment variable: \`--worker-slots\` stands for
\`ROLECALL_WORKER_SLOTS\`.
`;

/** docs/options.md */
export function optionsPage(): string {
  const sections = SECTIONS.map(
    ([title, text, declarations]) => `\n## ${title}\n\n${text}\n\n${table(declarations)}\n`,
  );
  return `${HEAD}${sections.join('')}${COMMANDS}${commands()}`;
}

function table(declarations: Declarations): string {
  const rows = Object.entries(declarations).map(([name, { doc, default: preset, expected, env }]) => {
    const shown = preset === undefined ? '' : `\`${JSON.stringify(preset)}\``.replaceAll('"', "'");
    return `| \`${name}\` | ${doc} | ${expected} | ${shown} | ${env === undefined ? '' : `\`${env}\``} |`;
  });
  return ['| option | what it is | a value is | default | environment |', '|---|---|---|---|---|', ...rows].join('\n');
}

function commands(): string {
  const program = newProgram({ version: '', helpWidth: 110 });
  const all = program.commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
  const helps = all.map(
    (command) => `\n### \`${fullName(command)}\`\n\n\`\`\`text\n${command.helpInformation()}\`\`\`\n`,
  );
  return helps.join('');
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}
