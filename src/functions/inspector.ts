/**
 * Reads what JavaScript hides: the variables that a function has closed over, where it was defined, and what a bound
 * function binds. Node's own inspector tells, within the process, synchronously and without any flag.
 *
 * The session is open only while something is captured: an open one keeps every logged object alive. No domain is
 * enabled, since an enabled debugger slows down every `await` of the process.
 */
import type { Session } from 'node:inspector';
import { Unsendable } from './unsendable.ts';

/** One scope around a function, from the inside out. Reading a variable in its dead zone throws a ReferenceError. */
export interface ScopeView {
  /** V8's word for it: Block, Closure, Catch, Module, Script, Global and others. */
  readonly kind: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** What V8 knows about a function. */
export interface FunctionView {
  /** Absent for native and bound functions. Both numbers count from zero. */
  readonly location:
    | { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber: number }
    | undefined;
  readonly scopes: () => readonly ScopeView[];
  readonly bound: () =>
    | { readonly target: unknown; readonly self: unknown; readonly args: readonly unknown[] }
    | undefined;
}

interface RemoteObject {
  readonly objectId?: string;
  /** What JSON has no word for: "-0", "NaN", "12n". */
  readonly unserializableValue?: string;
  readonly value?: unknown;
}

interface Property {
  readonly name: string;
  readonly value?: RemoteObject;
}

/** Where the inspector, which only sees globals, finds the subject and leaves what it found. */
const HANDOVER = Symbol.for('rolecall.inspector');
const TAKE = `function () { globalThis[Symbol.for('rolecall.inspector')].found = this }`;

/** A connection to the inspector of this thread. Dispose of it as soon as the capture is done. */
export class Inspector implements Disposable {
  #session: Session | undefined;
  readonly #handover: { subject?: unknown; found?: unknown } = {};

  /** Looks at a function. The answer may be used until the inspector is disposed of. */
  view(fn: object): FunctionView {
    this.#handover.subject = fn;
    const expression = `globalThis[Symbol.for('rolecall.inspector')].subject`;
    const { result } = this.#post<{ result: RemoteObject }>('Runtime.evaluate', { expression });
    const { internalProperties = [] } = this.#post<{ internalProperties?: Property[] }>('Runtime.getProperties', {
      objectId: result.objectId,
      ownProperties: true,
    });
    const internal = new Map(internalProperties.map(({ name, value }) => [name, value]));
    return {
      location: internal.get('[[FunctionLocation]]')?.value as FunctionView['location'],
      scopes: () => this.#scopes(internal.get('[[Scopes]]')),
      bound: () => this.#bound(internal),
    };
  }

  /** Every script of this realm, by its id. This enables the debugger for a moment: it takes tens of milliseconds. */
  listScripts(): ReadonlyMap<string, string> {
    const urls = new Map<string, string>();
    const session = this.#connected();
    session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url));
    this.#post('Debugger.enable');
    this.#post('Debugger.disable');
    return urls;
  }

  [Symbol.dispose](): void {
    this.#session?.disconnect();
    this.#session = undefined;
    Reflect.deleteProperty(globalThis, HANDOVER);
  }

  #scopes(list: RemoteObject | undefined): ScopeView[] {
    if (list === undefined) return [];
    const found = this.#take(list) as ArrayLike<{
      readonly description: string;
      readonly object: ScopeView['variables'];
    }>;
    return Array.from(found, ({ description, object }) => ({
      kind: description.split(' ', 1)[0]!,
      variables: object,
    }));
  }

  #bound(internal: ReadonlyMap<string, RemoteObject | undefined>): ReturnType<FunctionView['bound']> {
    const target = internal.get('[[TargetFunction]]');
    if (target === undefined) return undefined;
    const args = this.#take(internal.get('[[BoundArgs]]')) as ArrayLike<unknown> | undefined;
    return {
      target: this.#take(target),
      self: this.#take(internal.get('[[BoundThis]]')),
      args: Array.from(args ?? []),
    };
  }

  /** The real object behind what the inspector says about it. */
  #take(remote: RemoteObject | undefined): unknown {
    const unusual = remote?.unserializableValue;
    if (unusual !== undefined) return unusual.endsWith('n') ? BigInt(unusual.slice(0, -1)) : Number(unusual);
    if (remote?.objectId === undefined) return remote?.value;
    this.#post('Runtime.callFunctionOn', { functionDeclaration: TAKE, objectId: remote.objectId });
    return this.#handover.found;
  }

  #connected(): Session {
    if (this.#session === undefined) {
      this.#session = connect();
      Object.defineProperty(globalThis, HANDOVER, { value: this.#handover, configurable: true });
    }
    return this.#session;
  }

  #post<Answer>(method: string, parameters?: object): Answer {
    let answer: Answer | undefined;
    let failure: Error | null = null;
    this.#connected().post(method, parameters, (error, result) => {
      failure = error;
      answer = result as Answer;
    });
    if (failure !== null) throw new Error(`the inspector refused ${method}`, { cause: failure });
    return answer!;
  }
}

function connect(): Session {
  const { Session } = process.getBuiltinModule('node:inspector'); // only now: it takes 5 ms, and few ranks need it
  const session = new Session();
  try {
    session.connect();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Unsendable(`cannot be inspected here (${why}); name it with task(import.meta.url, 'its name') instead`);
  }
  return session;
}
