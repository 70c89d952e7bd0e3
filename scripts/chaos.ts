/**
 * Every end of a run (test/ends/matrix), again and again in random order, two at a time. Says at the end what was wrong, and how soon
 * kills were noticed.
 *
 *     npm run chaos -- [--minutes <n>] [--rounds <n>] [--seed <n>] [--stop <seconds>] [part of a cell's name…]
 *
 * It ends after so many minutes (default 10), or so many times each cell. A rank that is stopped stays so for `--stop` seconds at least.
 */
import { parseArgs } from 'node:util';
import { CELLS, type Cell, cellName } from '../test/ends/matrix/cells.ts';
import { type CellRun, runCell } from '../test/ends/matrix/run-cell.ts';
import { Random } from '../test/support/random.ts';

const LANES = 2;
/** How soon after it is known why a run ends it must be over. */
const SOON_MS = 5000;
/** How soon the others must say that a rank was killed: all are on this machine. */
const DETECTED_MS = 1000;

const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    rounds: { type: 'string', default: 'Infinity' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    stop: { type: 'string', default: '0' },
  },
});
const end = performance.now() + Number(values.minutes) * 60_000;
const stopMs = Number(values.stop) * 1000;
const random = new Random(Number(values.seed));
const cells = CELLS.filter((cell) => words.length === 0 || words.some((word) => cellName(cell).includes(word)));
const done: CellRun[] = [];
/** From a kill until another rank had said so, in milliseconds. */
const detections: number[] = [];
const wrong: string[] = [];
let runs = 0;

console.log(`${cells.length} cells, seed ${values.seed}`);
const order = rounds();
await Promise.all(Array.from({ length: LANES }, lane));
report();

/** The cells, shuffled for each round. */
function* rounds(): Generator<Cell, undefined> {
  for (let round = 0; round < Number(values.rounds); round++) {
    const left = [...cells];
    while (left.length > 0) yield left.splice(random.below(left.length), 1)[0] as Cell;
  }
}

async function lane(): Promise<void> {
  while (performance.now() < end) {
    const { value: cell } = order.next();
    if (cell === undefined) return;
    runs++;
    await runCell(cell, { stopMs }).then(
      (run) => {
        done.push(run);
        if (run.endedMs > SOON_MS) wrong.push(`${cellName(cell)}: it took ${Math.round(run.endedMs)} ms to end`);
        noteDetection(cell, run);
      },
      (error: Error) => wrong.push(`${cellName(cell)}: ${error.message}`),
    );
  }
}

/** Where a rank was killed that others had met, and there is something to say. */
function noteDetection(cell: Cell, { noticedMs }: CellRun): void {
  if (cell.how !== 'SIGKILL' || cell.inVain || noticedMs === undefined) return;
  detections.push(noticedMs);
  if (noticedMs > DETECTED_MS) wrong.push(`${cellName(cell)}: the kill was noticed after ${Math.round(noticedMs)} ms`);
}

function report(): void {
  for (const text of wrong) console.log(`\n${text}`);
  const longest = (times: readonly (number | undefined)[]): number =>
    Math.round(Math.max(0, ...times.map((ms) => ms ?? 0)));
  const rate = (runs / Math.max(1, cells.length)).toFixed(1);
  console.log(
    `\n${runs} runs, each cell ${rate} times; the longest end took ${longest(done.map((run) => run.endedMs))} ms`,
  );
  const [median] = detections.sort((a, b) => a - b).slice(Math.floor(detections.length / 2));
  const after = (ms: number): string => `after ${Math.round(ms)} ms`;
  if (median !== undefined) {
    const latest = after(longest(detections));
    console.log(`${detections.length} kills were noticed, in the median ${after(median)}, at the latest ${latest}`);
  }
  console.log(`${wrong.length} wrong: left over ${matching(/left|open/)}, hung ${matching(/^[^:]*: Waited/)}`);
  process.exitCode = wrong.length === 0 && runs > 0 ? 0 : 1;
}

function matching(pattern: RegExp): number {
  return wrong.filter((text) => pattern.test(text.split('\n', 1)[0] as string)).length;
}
