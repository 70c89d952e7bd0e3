import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { removeFolder } from '../../src/runners/rendezvous/files.ts';

const ROUNDS = 20;

/** A rank that writes one note after the other, and does not know that the folder is being removed. */
const WRITER = `
  const { writeFileSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  parentPort.postMessage('begins');
  for (let i = 0; i < 300; i++) try { writeFileSync(workerData + '/noted-' + i, ''); } catch {}`;

test('a folder is removed although others write to it meanwhile', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'remove-'));
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const folder = join(parent, String(round));
      mkdirSync(folder);
      const writer = new Worker(WRITER, { eval: true, workerData: folder });
      const ended = once(writer, 'exit');
      await once(writer, 'message');
      removeFolder(folder);
      await ended;
      assert.not.ok(existsSync(folder), `round ${round}`);
    }
  } finally {
    rmSync(parent, { recursive: true });
  }
});

test.run();
