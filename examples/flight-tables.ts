/** What the example prints, in at most 100 columns. */
import type { BaseRunner, Client } from 'rolecall';
import type { Interval } from './bootstrap.ts';

/** The flights that leave in one hour of the day, and their mean delay in minutes with its 95 % confidence interval. */
export interface HourlyDelay extends Interval {
  readonly hour: number;
  readonly flights: number;
  readonly mean: number;
}

/** By how much the mean delay grows between two hours, with its 95 % confidence interval. */
export interface Growth extends Interval {
  readonly from: number;
  readonly to: number;
  readonly mean: number;
}

/** The interval of fewer flights would not fit into the plot. */
const FEWEST_FLIGHTS = 100;
/** The few flights that leave before are late ones of the evening. */
const DAY_BEGINS = 4;
/** The plot has one column for each minute. */
const [FIRST_MINUTE, LAST_MINUTE] = [-5, 52];

/** Who has which role. */
export function clusterTable(runner: BaseRunner, workers: Client['workers']): string {
  const lines = [
    `scheduler  rank 0, at ${runner.schedulerAddress}`,
    `client     rank ${runner.rank}, this script, as process ${process.pid}`,
  ];
  for (const [host, here] of Map.groupBy(workers, (worker) => worker.host)) {
    const ranks = here.map(({ name }) => Number(name)).sort((a, b) => a - b);
    const slots = here.reduce((sum, worker) => sum + worker.slots, 0);
    lines.push(`workers    rank ${ranks.join(', ')}, on ${host}, with ${slots} slots`);
  }
  return lines.join('\n');
}

/** A line for each hour with its interval drawn to scale. Hours in which hardly any flights leave are left out. */
export function delayTable(hours: readonly HourlyDelay[]): string {
  const day = hours
    .filter(({ flights }) => flights >= FEWEST_FLIGHTS)
    .toSorted((a, b) => placeInDay(a) - placeInDay(b));
  const title = 'Mean delay on arrival in minutes, by hour of departure';
  const heading = `leaves  flights   mean  95 % interval   ${scale()}`;
  return ['', title, '', heading, ...day.map((row) => `${figures(row)}   ${plot(row)}`)].join('\n');
}

/** The answer in one sentence. */
export function growthLine({ from, to, mean, low, high }: Growth): string {
  const interval = `95 % interval ${low.toFixed(1)} to ${high.toFixed(1)}`;
  return `Flights that leave at ${to}:00 are ${mean.toFixed(1)} minutes later than those at ${from}:00 (${interval}).`;
}

function placeInDay({ hour }: HourlyDelay): number {
  return (hour - DAY_BEGINS + 24) % 24;
}

function figures({ hour, flights, mean, low, high }: HourlyDelay): string {
  const [time, count] = [`${hour}:00`.padStart(6), flights.toLocaleString('en').padStart(7)];
  return `${time}  ${count}  ${minutes(mean)}  ${minutes(low)} to ${minutes(high)}`;
}

function minutes(value: number): string {
  return value.toFixed(1).padStart(5);
}

/** A bar to the interval, the interval as a line, and the mean as a dot on it. */
function plot({ mean, low, high }: HourlyDelay): string {
  const cells: string[] = Array(LAST_MINUTE - FIRST_MINUTE + 1).fill(' ');
  cells.fill('█', column(0), column(low));
  cells.fill('─', column(low), column(high) + 1);
  cells[column(0)] = '│';
  cells[column(mean)] = '●';
  return cells.join('').trimEnd();
}

function scale(): string {
  const tens = [0, 10, 20, 30, 40, 50];
  return tens.reduce((text, ten) => text.padEnd(column(ten)) + ten, '');
}

function column(value: number): number {
  return Math.round(value) - FIRST_MINUTE;
}
