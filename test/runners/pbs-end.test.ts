import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { endFromPbs, parseJobEnd } from '../../src/runners/pbs-end.ts';

const test = suite('the end of a PBS job');

const ATTRIBUTES = `Job Id: 1234.server
    Job_Name = STDIN
    resources_used.walltime = 00:10:00
    job_state = R
    Resource_List.select = 2:mpiprocs=3
    Resource_List.walltime = 30:00:10
    stime = Wed Nov 25 18:00:00 2026
    Variable_List = PBS_O_HOME=/home/me,Resource_List.walltime = 1:00:00,
\tPBS_O_WORKDIR=/home/me
`;

test('is its start and its limit', () => {
  const startedAt = new Date(2026, 10, 25, 18).getTime();
  assert.is(parseJobEnd(ATTRIBUTES), startedAt + (30 * 3600 + 10) * 1000);
  assert.is(parseJobEnd(ATTRIBUTES.replace('stime', 'start_time')), startedAt + (30 * 3600 + 10) * 1000);
});

test('is unknown without either, or without qstat', () => {
  assert.is(parseJobEnd(ATTRIBUTES.replace('    stime', '    etime')), undefined);
  assert.is(parseJobEnd(ATTRIBUTES.replace('    Resource_List.walltime', '    Resource_List.mem')), undefined);
  assert.is(parseJobEnd('qstat: Unknown Job Id'), undefined);
  assert.is(endFromPbs({}), undefined);
});

test.run();
