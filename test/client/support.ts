import { Client } from 'rolecall';
import { InprocCluster } from 'rolecall/testing';
import { suite, type Test } from 'uvu';

export interface Context {
  cluster: InprocCluster;
  client: Client;
}

/** A suite with a cluster of two workers in this process, the same for all its tests. */
export function clusterSuite(name: string, { slots = 1 }: { readonly slots?: number } = {}): Test<Context> {
  const test = suite<Context>(name);
  test.before(async (context) => {
    context.cluster = await InprocCluster.start({ nWorkers: 2, slots });
    context.client = new Client(context.cluster);
    await context.client.waitForWorkers(2);
  });
  test.after(async ({ client, cluster }) => {
    await client.close();
    await cluster[Symbol.asyncDispose]();
  });
  return test;
}

/** What a promise rejects with; fails if it does not. */
export async function errorOf(promise: PromiseLike<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected an error, got ${JSON.stringify(value)}`);
}
