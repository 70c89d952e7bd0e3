import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { countDevices, deviceOfSlot } from '../../src/worker/executors/devices.ts';

const test = suite('deviceOfSlot');

test('each slot gets one of the devices of the rank, in every language that speaks of them', () => {
  const env = {
    CUDA_VISIBLE_DEVICES: '2,3',
    ROCR_VISIBLE_DEVICES: 'GPU-a,GPU-b',
    ZE_AFFINITY_MASK: '0.0,0.1',
    PATH: 'a,b',
  };
  const first = { CUDA_VISIBLE_DEVICES: '2', ROCR_VISIBLE_DEVICES: 'GPU-a', ZE_AFFINITY_MASK: '0.0' };
  assert.equal(deviceOfSlot(env, 0), first);
  assert.is(deviceOfSlot(env, 1)['CUDA_VISIBLE_DEVICES'], '3');
  assert.equal(deviceOfSlot(env, 2), first);
});

test('countDevices: as many as the longest list names', () => {
  assert.is(countDevices({ CUDA_VISIBLE_DEVICES: '2,3', ROCR_VISIBLE_DEVICES: '0' }), 2);
  assert.is(countDevices({ ZE_AFFINITY_MASK: '0.0,0.1,1.0' }), 3);
  assert.is(countDevices({ CUDA_VISIBLE_DEVICES: '' }), 0);
  assert.is(countDevices({}), 0);
});

test('no devices, or none that the rank may use: nothing is set', () => {
  assert.equal(deviceOfSlot({}, 0), {});
  assert.equal(deviceOfSlot({ CUDA_VISIBLE_DEVICES: '' }, 1), {});
});

test.run();
