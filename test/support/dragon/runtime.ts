import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDragon } from '../../../src/dragon/find-library.ts';
import { RuntimeProcess } from '../../../src/dragon/runtime-process.ts';
import { waitUntil } from '../wait-until.ts';

/** A runtime of DragonHPC on this node, to which this process and its children can attach. */
export class TestRuntime implements AsyncDisposable {
  readonly token = randomBytes(16).toString('hex');
  readonly folder = mkdtempSync(join(tmpdir(), 'dragon-'));
  readonly process: RuntimeProcess;

  private constructor() {
    process.env['DRAGON_ATTACH_DIR'] = this.folder;
    this.process = new RuntimeProcess({
      installation: findDragon(),
      plan: { ranks: 0, ready: this.#ready },
      words: ['-s', '-a'],
      env: { ...process.env, DRAGON_ATTACH_TOKEN: this.token },
      out: 'ignore',
      err: 'ignore',
    });
  }

  static async start(): Promise<TestRuntime> {
    const runtime = new TestRuntime();
    await waitUntil(() => existsSync(runtime.#ready), 30_000);
    return runtime;
  }

  get #ready(): string {
    return join(this.folder, 'ready');
  }

  /** As the kernel or an administrator does it. */
  async kill(): Promise<void> {
    this.process.child.kill('SIGKILL');
    await this.process.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
