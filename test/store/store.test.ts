import { tmpdir } from 'node:os';
import { HeapStore } from '../../src/store/store.ts';
import { TieredStore } from '../../src/store/tiered-store.ts';
import { storeCompliance } from './compliance.ts';

storeCompliance('HeapStore', () => new HeapStore());
storeCompliance(
  'TieredStore',
  () => new TieredStore({ memoryBytes: 1, spillFolder: tmpdir(), log: (text) => console.log(text) }),
);
