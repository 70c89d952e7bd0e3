import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import type { RoomLimits } from './room.ts';

/** What an array of one task takes on the heap. */
const BYTES_PER_ARRAY = 4096;
const SHARE_OF_HEAP = 0.75;
const SHARE_OF_MEMORY = 0.5;

/** What this process can keep: by the memory that its machine, or its share of it, has. */
export function roomHere(): RoomLimits {
  const constrained = process.constrainedMemory();
  const memory = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  const heap = getHeapStatistics().heap_size_limit;
  return {
    bytes: Math.floor(memory * SHARE_OF_MEMORY),
    arrays: Math.floor((heap * SHARE_OF_HEAP) / BYTES_PER_ARRAY),
  };
}
