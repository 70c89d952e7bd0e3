import { type Code, ROWS, type Row, STAGES } from '../../test/ends/matrix/cells.ts';

const HEAD = `# How a run ends

A run ends when the client's rank leaves its block, or when that rank, or the scheduler, is gone. Then all ranks end, the ones that did
nothing wrong with 0; one rank says why, once; and nothing stays behind: no process, no port, no file, no shared memory.

## Who notices what

| what happens | who notices, and how soon |
|---|---|
| a process is killed, or ends without a goodbye | whoever is connected to it, when the connection breaks: on one machine within a second |
| a worker stands still (stopped, or its machine hangs) | the scheduler, after \`schedulerOptions.workerTimeoutMs\` of silence (30 s); its tasks run elsewhere |
| the scheduler stands still | workers and clients, after \`schedulerOptions.schedulerTimeoutMs\` of silence (30 s); the run ends |
| the client stands still, or computes without coming back to its event loop | the scheduler says so after \`workerTimeoutMs\`, once, and waits: a client may compute for as long as it likes |
| the scheduler is gone before a worker that has met it could join | that worker: it looks for two seconds whether another one comes, and ends |
| a rank does not come | whoever needs it, after \`startTimeoutMs\` (5 min). Of those who wait for the scheduler one says it: the client, or a worker if there is no client |

Silence is counted in ticks of the process that listens. One that stood still itself for a minute accuses nobody when it goes on.

Whoever says that another was lost says when (time of day, and seconds since the start), on which host and as which process it ran, why it
is taken for lost, and what was lost with it: tasks that run again or fail, values that it alone had, by name as far as they are few.

## The summary

If the client's process ends with another code than 0, and a rank was lost, or a task failed or never ended, the client sums up as
the last thing that it prints (without the addon, and for an error that nobody caught, just before that error):

\`\`\`text
rolecall: summary: the run ended badly (exit code 1) at 14:03:09, 41.0 s after the start
  lost    rank 2 (worker on node1, pid 4713) at 14:03:07, 39.2 s after the start: its connection broke without a goodbye, so it was probably killed
  failed  3 tasks \`fit\`; the first: fit[7] on worker 3: RangeError: too large
  undone  90 tasks \`fit\`, which had not ended
  logs    of each rank: /shared/logs/rank-<number>.jsonl
\`\`\`

At most eight ranks and eight names of tasks are listed of each kind. A client that was killed by a signal says nothing; the scheduler does.

## What is left

The scheduler removes the folder in which the ranks met; if it was killed, the ranks that survive it do. Two things may stay for a while:
after everything was killed at once, that folder, which the next run there removes; and, where a rank never came, a folder with a word
for it, should it come late, which a run there removes that starts an hour later or more. That one can be deleted.

A script that handles SIGINT itself and is still in the constructor of its runner cannot be interrupted there: nothing of it runs.

## Every end

One row for each thing that can happen, and the stage of the run at which it does. It is generated from the table by which it is tested
(\`test/ends/matrix\`, \`npm run chaos\`). Ranks whose exit code is not named end with 0; "goes on" means that the client gets its results.

`;

/** docs/lifecycle.md */
export function lifecyclePage(): string {
  const stages = Object.entries(STAGES).map(([name, text]) => `- **${name}**: ${text}`);
  const rows = ROWS.map(tableRow);
  const head = '| what | when | the run | exit codes | the one message |\n|---|---|---|---|---|';
  return `${HEAD}${stages.join('\n')}\n\n${head}\n${rows.join('\n')}\n`;
}

function tableRow({ who, how, when, goesOn, codes, says, sums, lateRank }: Row): string {
  const ends = Object.entries(codes).map(([rank, code]) => `${rank}: ${codeText(code)}`);
  const late = lateRank ? '; one rank that comes late says that it does' : '';
  const cells = [`${who}: ${how}`, when.join(', '), goesOn ? 'goes on' : 'ends', ends.join(', ') || 'all 0'];
  return `| ${[...cells, `${says?.text ?? 'none'}${late}${sums === undefined ? '' : `; summary: ${sums.text}`}`].join(' | ')} |`;
}

/** A launcher shows a signal as 128 and its number. */
function codeText(code: Code): string {
  return typeof code === 'number' ? String(code) : `\`${code}\``;
}
