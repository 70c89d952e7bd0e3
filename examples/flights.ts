/** The data of the example: 200,000 flights in the United States, as reported to its Bureau of Transportation Statistics. */
import { readFileSync } from 'node:fs';

interface Flight {
  /** When it arrived, in minutes after the plan; negative if it was early. */
  readonly delay: number;
  /** When it left, in hours after midnight. */
  readonly time: number;
}

const FILE = new URL('../data/flights-200k.json', import.meta.resolve('vega-datasets'));

/** The delays of all flights: one list for each hour of departure, 0 to 23. */
export function readDelaysByHour(): Int16Array[] {
  const flights = JSON.parse(readFileSync(FILE, 'utf8')) as readonly Flight[];
  const hours = Array.from({ length: 24 }, (): number[] => []);
  for (const { delay, time } of flights) hours[Math.floor(time)]!.push(delay);
  return hours.map((delays) => Int16Array.from(delays));
}
