/**
 * Which names does a piece of code take from around it? A walk over its syntax tree with a chain of scopes.
 * Along the way it notes what makes code depend on its place in a manner that no captured value can mend.
 */
import { type AnyNode, boundNames, childNodes, hoistedNames, isFunctionNode, lexicalNames } from './syntax.ts';

/** What a piece of code needs from its surroundings. */
export interface FreeNames {
  /** Every name that is read, written or called and not declared within, in the order of its first use. */
  readonly names: ReadonlySet<string>;
  /** Those of them that are assigned. */
  readonly assigned: ReadonlySet<string>;
  /** Those that occur as `typeof name` only, which may be undeclared. */
  readonly probed: ReadonlySet<string>;
  /** It contains `import()`, which is resolved against the code's own file. */
  readonly importsDynamically: boolean;
  /** Why the code cannot be moved, as the end of a sentence; undefined if it can. */
  readonly obstacle: string | undefined;
}

/** Where `this`, `arguments`, `super` and `new.target` come from. An arrow function takes them from around it. */
type Binds = 'function' | 'method' | 'field' | 'nothing';

interface Scope {
  readonly parent: Scope | undefined;
  readonly binds: Binds;
  readonly names: Set<string>;
}

/** The free names of an expression: a function, or a literal or class made around a method. */
export function findFreeNames(root: AnyNode): FreeNames {
  const walk = new Walk();
  walk.visit(root, { parent: undefined, binds: 'nothing', names: new Set() });
  const probed = new Set([...walk.probed].filter((name) => !walk.used.has(name)));
  return {
    names: new Set([...walk.used, ...probed]),
    assigned: walk.assigned,
    probed,
    importsDynamically: walk.importsDynamically,
    obstacle: walk.obstacle,
  };
}

class Walk {
  readonly used = new Set<string>();
  readonly assigned = new Set<string>();
  readonly probed = new Set<string>();
  importsDynamically = false;
  obstacle: string | undefined;

  visit(node: AnyNode, scope: Scope): void {
    if (isFunctionNode(node)) return this.#visitFunction(node, scope);
    switch (node.type) {
      case 'Identifier':
        return this.#use(node.name as string, scope);
      case 'MemberExpression':
        return this.#visitParts(
          node,
          scope,
          'object',
          isNamed(node.property as AnyNode, node) ? undefined : 'property',
        );
      case 'Property':
        if (node.method || node.kind !== 'init') return this.#visitMember(node, scope, 'method');
        return this.#visitParts(node, scope, node.computed ? 'key' : undefined, 'value');
      case 'MethodDefinition':
        return this.#visitMember(node, scope, 'method');
      case 'PropertyDefinition':
        return this.#visitMember(node, scope, 'field');
      case 'StaticBlock':
        return this.#visitBlock(node, inner(scope, 'field', [...hoistedNames(node)]), node.body as AnyNode[]);
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.#visitChildren(node, inner(scope, undefined, [...classNames(node)]));
      case 'PrivateIdentifier':
        if (!isDeclared(`#${node.name}`, scope)) this.#hinder(`uses the private name #${node.name} of its class`);
        return;
      case 'BlockStatement':
        return this.#visitBlock(node, scope, node.body as AnyNode[]);
      case 'SwitchStatement':
        return this.#visitBlock(
          node,
          scope,
          (node.cases as AnyNode[]).flatMap((one) => one.consequent as AnyNode[]),
        );
      case 'ForStatement':
        return this.#visitBlock(node, scope, node.init ? [node.init as AnyNode] : []);
      case 'ForInStatement':
      case 'ForOfStatement':
        this.#assign(node.left as AnyNode, scope);
        return this.#visitBlock(node, scope, [node.left as AnyNode]);
      case 'CatchClause':
        return this.#visitChildren(node, inner(scope, undefined, boundNames(node.param as AnyNode | null)));
      case 'LabeledStatement':
        return this.visit(node.body as AnyNode, scope);
      case 'BreakStatement':
      case 'ContinueStatement':
        return;
      default:
        this.#visitExpression(node, scope);
    }
  }

  #visitExpression(node: AnyNode, scope: Scope): void {
    const operand = (node.argument ?? node.left ?? node.callee) as AnyNode | undefined;
    if (node.type === 'UnaryExpression' && node.operator === 'typeof' && operand?.type === 'Identifier') {
      if (!isDeclared(operand.name as string, scope)) this.probed.add(operand.name as string);
      return;
    }
    if (node.type === 'AssignmentExpression' || node.type === 'UpdateExpression') this.#assign(operand!, scope);
    if (node.type === 'ImportExpression') this.importsDynamically = true;
    if (node.type === 'WithStatement') this.#hinder('uses `with`, so its variables cannot be known');
    if (node.type === 'CallExpression' && operand?.name === 'eval' && !isDeclared('eval', scope)) {
      this.#hinder('uses direct eval, so its variables cannot be known');
    }
    this.#checkBinding(node, scope);
    if (node.type !== 'MetaProperty') this.#visitChildren(node, scope);
  }

  #checkBinding(node: AnyNode, scope: Scope): void {
    const { binds } = scope;
    if (node.type === 'ThisExpression' && binds === 'nothing') {
      this.#hinder('is an arrow function that uses the `this` of its surrounding scope');
    }
    if (node.type === 'Super' && binds !== 'method' && binds !== 'field') {
      this.#hinder('uses `super` outside a class');
    }
    if (node.type !== 'MetaProperty') return;
    if ((node.meta as AnyNode).name === 'import') this.#hinder('uses import.meta, which belongs to its own file');
    else if (binds === 'nothing')
      this.#hinder('is an arrow function that uses the `new.target` of its surrounding scope');
  }

  #visitFunction(node: AnyNode, scope: Scope, binds: Binds = 'function'): void {
    const isArrow = node.type === 'ArrowFunctionExpression';
    const names = [...boundNames((node.id ?? null) as AnyNode | null), ...hoistedNames(node.body as AnyNode)];
    for (const parameter of node.params as AnyNode[]) names.push(...boundNames(parameter));
    if (!isArrow) names.push('arguments');
    const own = inner(scope, isArrow ? undefined : binds, names);
    for (const parameter of node.params as AnyNode[]) this.visit(parameter, own);
    this.visit(node.body as AnyNode, own);
  }

  /** A method, accessor or field: its key belongs to the scope around, its value binds `this`. */
  #visitMember(node: AnyNode, scope: Scope, binds: Binds): void {
    if (node.computed) this.visit(node.key as AnyNode, scope);
    const value = node.value as AnyNode | null;
    if (value === null) return;
    if (binds === 'method') this.#visitFunction(value, scope, binds);
    else this.visit(value, inner(scope, binds, []));
  }

  #visitBlock(node: AnyNode, scope: Scope, statements: readonly AnyNode[]): void {
    this.#visitChildren(node, inner(scope, undefined, lexicalNames(statements)));
  }

  #visitChildren(node: AnyNode, scope: Scope): void {
    for (const child of childNodes(node)) this.visit(child, scope);
  }

  #visitParts(node: AnyNode, scope: Scope, ...parts: readonly (string | undefined)[]): void {
    for (const part of parts) if (part !== undefined) this.visit(node[part] as AnyNode, scope);
  }

  #use(name: string, scope: Scope): void {
    if (isDeclared(name, scope)) return;
    if (name === 'arguments') {
      return this.#hinder('is an arrow function that uses the `arguments` of its surrounding scope');
    }
    this.used.add(name);
  }

  #assign(target: AnyNode, scope: Scope): void {
    for (const name of boundNames(target)) if (!isDeclared(name, scope)) this.assigned.add(name);
  }

  #hinder(obstacle: string): void {
    this.obstacle ??= obstacle;
  }
}

function inner(parent: Scope, binds: Binds | undefined, names: Iterable<string>): Scope {
  return { parent, binds: binds ?? parent.binds, names: new Set(names) };
}

function isNamed(property: AnyNode, { computed }: AnyNode): boolean {
  return !computed && property.type === 'Identifier';
}

/** A class's own name, and the private names that its members declare. */
function* classNames(node: AnyNode): Generator<string> {
  yield* boundNames(node.id as AnyNode | null);
  for (const member of (node.body as AnyNode).body as AnyNode[]) {
    const key = member.key as AnyNode | undefined;
    if (key?.type === 'PrivateIdentifier') yield `#${key.name}`;
  }
}

function isDeclared(name: string, scope: Scope): boolean {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) if (at.names.has(name)) return true;
  return false;
}
