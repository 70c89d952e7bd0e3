import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Contact, contactText } from '../../src/runners/rendezvous/contact.ts';
import { claimContact, closeFolder, lookForContact, publishContact } from '../../src/runners/rendezvous/folder.ts';
import { folderName } from '../../src/runners/rendezvous/folder-name.ts';
import { sweep } from '../../src/runners/rendezvous/sweep.ts';
import { makeTemporaryFolder } from '../../src/runners/rendezvous/temporary-folder.ts';
import { ownWhereabouts } from '../../src/runners/rendezvous/whereabouts.ts';
import { thrown } from '../support/rejection.ts';

const test = suite<{ parent: string; folder: string }>('the folder in which ranks meet');

const IDENTITY = 'slurm:57.0.';
const CONTACT: Contact = {
  rolecall: 1,
  run: 'run-1',
  identity: IDENTITY,
  addresses: ['wss://127.0.0.1:4711'],
  secret: 'c2VjcmV0',
  nWorkers: 2,
  ...ownWhereabouts(),
};
/** The scheduler of another rank on this host, which is alive. */
const OTHER: Contact = { ...CONTACT, pid: process.ppid };
/** One on a host that this one knows nothing of. */
const REMOTE: Contact = { ...CONTACT, host: 'elsewhere', pid: 1 };
const AWAITED = { reason: 'the client left', how: 'left', awaited: [2, 3] } as const;

function deadContact(): Contact {
  return { ...CONTACT, pid: spawnSync('true').pid };
}

test.before.each((context) => {
  context.parent = mkdtempSync(join(tmpdir(), 'meeting-'));
  context.folder = join(context.parent, folderName('57.0.', ['job.ts'], undefined));
});
test.after.each(({ parent }) => rmSync(parent, { recursive: true }));

function lay(folder: string, contact: Contact): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'contact.json'), contactText(contact));
}

test('folderName: another one for each start, script, argument and id', () => {
  const names = [
    folderName('57.0.', ['job.ts'], undefined),
    folderName('57.1.', ['job.ts'], undefined),
    folderName('57.0.', ['other.ts'], undefined),
    folderName('57.0.', ['job.ts', '--fast'], undefined),
    folderName('57.0.', ['job.ts'], 'mine'),
  ];
  assert.is(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^\.rolecall-[0-9a-f]{20}$/);
});

test('nobody is there before the scheduler; then everybody finds its contact', ({ folder }) => {
  assert.equal(lookForContact(folder, IDENTITY, 2), { kind: 'nobody' });
  publishContact(folder, CONTACT);
  assert.equal(lookForContact(folder, IDENTITY, 2), { kind: 'open', contact: CONTACT });
});

test('nobody but the owner can read the contact, and nothing else lies there', ({ folder }) => {
  publishContact(folder, CONTACT);
  assert.is(statSync(folder).mode & 0o777, 0o700);
  assert.is(statSync(join(folder, 'contact.json')).mode & 0o777, 0o600);
  assert.equal(readdirSync(folder), ['contact.json']);
});

test('a contact of another start, half of one, or one of a dead process is not believed', ({ folder }) => {
  lay(folder, { ...OTHER, identity: 'slurm:58.0.' });
  assert.equal(lookForContact(folder, IDENTITY, 2), { kind: 'nobody' });
  for (const text of ['', contactText(OTHER).slice(0, 80), '{}', 'null', contactText(deadContact())]) {
    writeFileSync(join(folder, 'contact.json'), text);
    assert.equal(lookForContact(folder, IDENTITY, 2), { kind: 'nobody' }, text);
  }
});

test('the contact of a process on another host, or in another container, is believed', ({ folder }) => {
  lay(folder, REMOTE);
  assert.is(lookForContact(folder, IDENTITY, 2).kind, 'open');
  writeFileSync(join(folder, 'contact.json'), contactText({ ...deadContact(), pidSpace: 'pid:[1]' }));
  assert.is(lookForContact(folder, IDENTITY, 2).kind, 'open');
});

for (const [who, contact] of [
  ['lives', OTHER],
  ['may live elsewhere', REMOTE],
] as const) {
  test(`a second scheduler is refused while the first ${who}`, ({ folder }) => {
    lay(folder, contact);
    const error = thrown(() => publishContact(folder, CONTACT), 'ERR_RENDEZVOUS');
    assert.match(error.message, `another one (pid ${contact.pid} on ${contact.host}) uses ${folder}`);
    assert.match(error.message, 'give each runner its own "id" option');
    closeFolder(folder, { ...AWAITED, how: 'never began' });
    assert.equal(lookForContact(folder, IDENTITY, 2), { kind: 'open', contact }, 'the first is not disturbed');
  });
}

test('what a dead scheduler left is replaced, with all that belongs to it', ({ folder }) => {
  lay(folder, deadContact());
  claimContact(folder, 1);
  publishContact(folder, CONTACT);
  assert.is(lookForContact(folder, IDENTITY, 2).kind, 'open');
  claimContact(folder, 1);
});

test('folders of killed runs are swept, and no others', ({ parent }) => {
  const dead = deadContact();
  const lie = (name: string, file: string, text: string): void => {
    mkdirSync(join(parent, name));
    writeFileSync(join(parent, name, file), text);
  };
  lie('.rolecall-0', 'contact.json', contactText(dead));
  lie('rolecall-1', 'owner.json', JSON.stringify(dead));
  lie('rolecall-2', 'owner.json', JSON.stringify(OTHER));
  lie('rolecall-3', 'owner.json', JSON.stringify({ ...dead, host: 'elsewhere' }));
  lie('rolecall-4', 'my-results', '');
  lie('mine', 'owner.json', JSON.stringify(dead));
  const made = basename(makeTemporaryFolder(parent));
  sweep(parent);
  assert.equal(readdirSync(parent).sort(), ['mine', 'rolecall-2', 'rolecall-3', 'rolecall-4', made].sort());
});

test('a second client is refused', ({ folder }) => {
  publishContact(folder, CONTACT);
  claimContact(folder, 1);
  const error = thrown(() => claimContact(folder, 1), 'ERR_RENDEZVOUS');
  assert.match(error.message, /another one has met the scheduler of .* "id" option/);
});

test('the folder is gone at the end if nobody is awaited', ({ folder }) => {
  publishContact(folder, CONTACT);
  claimContact(folder, 1);
  closeFolder(folder, undefined);
  assert.not.ok(existsSync(folder));
});

test('those who come late find the reason; the last one removes the folder', ({ folder }) => {
  publishContact(folder, CONTACT);
  closeFolder(folder, AWAITED);
  const closed = { kind: 'closed', reason: 'the client left', how: 'left', isNews: false } as const;
  assert.equal(lookForContact(folder, IDENTITY, 2), { ...closed, isNews: true }, 'one rank is to say it');
  assert.equal(lookForContact(folder, IDENTITY, 2), closed, 'the same rank counts once');
  assert.equal(lookForContact(folder, IDENTITY, 1), closed, 'one that is not awaited does not count');
  assert.ok(existsSync(folder));
  assert.equal(lookForContact(folder, IDENTITY, 3), closed);
  assert.not.ok(existsSync(folder));
});

test('the client that has met the scheduler is not awaited any more', ({ folder }) => {
  publishContact(folder, CONTACT);
  claimContact(folder, 1);
  closeFolder(folder, { reason: 'no port', how: 'never began', awaited: [1] });
  assert.not.ok(existsSync(folder));
});

test('a scheduler that fails before it is known leaves word too', ({ folder }) => {
  closeFolder(folder, { reason: 'no port', how: 'never began', awaited: [1, 2] });
  assert.equal(lookForContact(folder, IDENTITY, 1), {
    kind: 'closed',
    reason: 'no port',
    how: 'never began',
    isNews: false,
  });
});

test('a new start replaces the word of an old one', ({ folder }) => {
  closeFolder(folder, AWAITED);
  publishContact(folder, CONTACT);
  assert.is(lookForContact(folder, IDENTITY, 2).kind, 'open');
});

test('a folder that cannot be is reported by those who write and those who wait, and the option is named', ({
  parent,
}) => {
  const file = join(parent, 'file');
  writeFileSync(file, '');
  const way = /Cannot use the folder .* for the ranks to meet: ENOTDIR\. Pass a "directory".*ROLECALL_DIRECTORY/;
  for (const folder of [file, join(file, 'inner')]) {
    assert.match(thrown(() => publishContact(folder, CONTACT), 'ERR_RENDEZVOUS').message, way);
    assert.match(thrown(() => lookForContact(folder, IDENTITY, 2), 'ERR_RENDEZVOUS').message, way);
  }
});

test('a folder that is not there yet, and that somebody may still make, is waited for', ({ parent }) => {
  assert.equal(lookForContact(join(parent, 'a', 'b', 'c'), IDENTITY, 2), { kind: 'nobody' });
});

test('a word for a rank that never came is swept by a later run, when it is an hour old', ({ parent, folder }) => {
  const forgotten = join(parent, '.rolecall-forgotten');
  publishContact(forgotten, CONTACT);
  closeFolder(forgotten, AWAITED);
  publishContact(folder, CONTACT);
  assert.ok(existsSync(forgotten), 'it may still come');
  closeFolder(folder, undefined);
  const anHourAgo = Date.now() / 1000 - 3700;
  utimesSync(join(forgotten, 'closed.json'), anHourAgo, anHourAgo);
  publishContact(folder, CONTACT);
  assert.not(existsSync(forgotten));
});

test.run();
