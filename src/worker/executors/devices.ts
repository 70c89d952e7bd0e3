/** GPUs of a rank, one for each slot: two tasks that run at once do not take the same one by chance. */

type Environment = Readonly<Record<string, string | undefined>>;

/** Where launchers say which devices a process may use: of CUDA, ROCm, HIP, OpenCL on AMD, Level Zero. */
const DEVICE_VARIABLES = [
  'CUDA_VISIBLE_DEVICES',
  'ROCR_VISIBLE_DEVICES',
  'HIP_VISIBLE_DEVICES',
  'GPU_DEVICE_ORDINAL',
  'ZE_AFFINITY_MASK',
] as const;

/** How many devices this process may use, as far as its launcher has said so. */
export function countDevices(env: Environment): number {
  return Math.max(...DEVICE_VARIABLES.map((name) => devicesIn(env[name]).length));
}

/** What to set of these for a slot (0, 1, …): one of the devices. Slots beyond their number begin with the first again. */
export function deviceOfSlot(env: Environment, slot: number): Record<string, string> {
  return Object.fromEntries(
    DEVICE_VARIABLES.flatMap((name) => {
      const devices = devicesIn(env[name]);
      return devices.length === 0 ? [] : [[name, devices[slot % devices.length] as string]];
    }),
  );
}

function devicesIn(list = ''): string[] {
  return list.split(',').filter((device) => device.trim() !== '');
}
