/** A runner of its own, whose methods are the hooks, and which finds its rank in variables of its own. */
import { BaseRunner, type BaseRunnerOptions, type HookContext, type Identity } from 'rolecall';

export class HookedRunner extends BaseRunner {
  constructor(options: BaseRunnerOptions = {}) {
    super(options, import.meta.url);
  }

  override identity(): Identity {
    const { ROLECALL_RANK, ROLECALL_SIZE, ROLECALL_RUN = '' } = process.env;
    const [rank, size] = [Number(ROLECALL_RANK), Number(ROLECALL_SIZE)];
    return { launcher: 'hooked', rank, size, localRank: rank, localSize: size, run: ROLECALL_RUN };
  }

  beforeSchedulerStart(context: HookContext): void {
    say('beforeSchedulerStart', context);
  }

  onSchedulerStart(context: HookContext): void {
    say('onSchedulerStart', context);
  }

  beforeWorkerStart(context: HookContext): void {
    say('beforeWorkerStart', context);
  }

  async onWorkerStart(context: HookContext): Promise<void> {
    say('onWorkerStart', context);
  }

  beforeClientStart(context: HookContext): void {
    say('beforeClientStart', context);
  }

  onClose(context: HookContext): void {
    say('onClose', context);
  }
}

function say(name: string, { rank, worldSize, nWorkers, addresses }: HookContext): void {
  console.log(`hook ${name} on ${rank} of ${worldSize} with ${nWorkers}, ${addresses.length} addresses`);
}
