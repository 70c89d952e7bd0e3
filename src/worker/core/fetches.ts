/**
 * Values that tasks need and that are not here. A unit waits for all fetches in its `waitingFor`, and each of those lists it; a
 * fetch that nobody waits for any more is forgotten, and its answer is ignored.
 */
import type { ArrayId } from '../../protocol/ids.ts';
import type { Source } from '../../protocol/messages.ts';
import type { PackedValues } from '../../protocol/packed.ts';
import type { Ranges } from '../../protocol/ranges.ts';
import type { Unit, WorkerCore } from './core.ts';
import { withoutTasks } from './units.ts';

/** Are all values here that the unit needs? Those that are not are fetched, and the unit waits for them. */
export function gatherValues(core: WorkerCore, unit: Unit): boolean {
  for (const source of sourcesOf(core, unit)) fetchMissing(core, unit, source);
  return unit.waitingFor.size === 0;
}

/** What the first task of a unit needs; all its tasks need the same, or it has only one. */
export function sourcesOf(core: WorkerCore, unit: Unit): readonly Source[] {
  const shared = core.arrays.get(unit.array)?.spec.shared ?? [];
  const own = unit.own[unit.start - unit.firstTask] ?? [];
  return own.length === 0 ? shared : [...shared, ...own];
}

/** Values have arrived. Returns the units that now have all they need. */
export function takeFetched(core: WorkerCore, key: string, blocks: readonly PackedValues[]): readonly Unit[] {
  const fetch = core.fetches.get(key);
  if (fetch === undefined) return [];
  core.fetches.delete(key);
  const { array, start, count } = fetch.dependency;
  let at = start;
  for (const block of blocks) {
    core.store.add(array, at, block);
    at += block.ends.length;
  }
  core.out.replica(array, start, count);
  for (const unit of fetch.units) unit.waitingFor.delete(key);
  return [...fetch.units].filter((unit) => unit.waitingFor.size === 0);
}

/** A value cannot be had from where the scheduler said: give back what waits for it. */
export function onFetchFailed(core: WorkerCore, key: string): void {
  const fetch = core.fetches.get(key);
  if (fetch === undefined) return;
  for (const unit of [...fetch.units]) {
    stopWaiting(core, unit);
    core.out.missing(unit, fetch.dependency, fetch.from);
  }
}

/** Tasks of an array are not wanted any more: those that wait for values are forgotten. */
export function abandonWaiting(core: WorkerCore, array: ArrayId, ranges: Ranges): void {
  const waiting = new Set([...core.fetches.values()].flatMap(({ units }) => [...units]));
  for (const unit of waiting) {
    if (unit.array !== array) continue;
    for (const left of withoutTasks(unit, ranges)) {
      for (const key of left.waitingFor) core.fetches.get(key)?.units.add(left);
    }
    stopWaiting(core, unit);
  }
}

function stopWaiting(core: WorkerCore, unit: Unit): void {
  for (const key of unit.waitingFor) {
    const fetch = core.fetches.get(key);
    fetch?.units.delete(unit);
    if (fetch?.units.size === 0) core.fetches.delete(key);
  }
}

function fetchMissing(core: WorkerCore, unit: Unit, source: Source): void {
  for (let i = 0; i + 2 < source.holders.length; i += 3) {
    const [start, count, from] = source.holders.slice(i, i + 3) as [number, number, number];
    if (core.store.hasAll(source.array, start, count)) continue;
    const key = `${source.array}:${start}:${count}:${from}`;
    unit.waitingFor.add(key);
    const known = core.fetches.get(key);
    if (known !== undefined) {
      known.units.add(unit);
      continue;
    }
    const dependency = { array: source.array, start, count, whole: false };
    core.fetches.set(key, { dependency, from, units: new Set([unit]) });
    core.out.fetch(key, dependency, from);
  }
}
