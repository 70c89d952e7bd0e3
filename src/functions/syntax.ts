/** The few things about ESTree nodes that the analysis of functions needs, apart from any one question. */
import type { Node } from 'acorn';

/** A node seen from outside its type: every property is possible. */
export type AnyNode = Node & { readonly [property: string]: unknown };

/** The nodes directly below a node, in the order of the text. */
export function* childNodes(node: Node): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    if (isNode(value)) yield value;
    else if (Array.isArray(value)) yield* value.filter(isNode);
  }
}

/** True for anything that acorn made. */
export function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as AnyNode).type === 'string';
}

/** The names that a pattern binds: `{ a, b: [c] }` binds `a` and `c`. */
export function* boundNames(pattern: AnyNode | null): Generator<string> {
  if (pattern === null) return;
  switch (pattern.type) {
    case 'Identifier':
      yield pattern.name as string;
      break;
    case 'ObjectPattern':
      for (const property of pattern.properties as AnyNode[]) {
        yield* boundNames((property.type === 'RestElement' ? property.argument : property.value) as AnyNode);
      }
      break;
    case 'ArrayPattern':
      for (const element of pattern.elements as (AnyNode | null)[]) yield* boundNames(element);
      break;
    case 'AssignmentPattern':
      yield* boundNames(pattern.left as AnyNode);
      break;
    case 'RestElement':
      yield* boundNames(pattern.argument as AnyNode);
      break;
  }
}

/** True for the three kinds of function nodes. */
export function isFunctionNode(node: AnyNode): boolean {
  return /^(Function|ArrowFunction)/.test(node.type);
}

/** The names that `let`, `const`, `class` and `function` declare directly among these statements. */
export function* lexicalNames(statements: readonly AnyNode[]): Generator<string> {
  for (const statement of statements) {
    if (statement.type === 'VariableDeclaration' && statement.kind !== 'var') yield* declaredNames(statement);
    if (/^(Function|Class)Declaration$/.test(statement.type)) yield* boundNames(statement.id as AnyNode | null);
  }
}

/** The names that `var` declares anywhere below a node, but not in functions or classes within it. */
export function* hoistedNames(node: AnyNode): Generator<string> {
  if (node.type === 'VariableDeclaration' && node.kind === 'var') yield* declaredNames(node);
  for (const child of childNodes(node)) {
    if (!isFunctionNode(child) && child.type !== 'ClassBody' && child.type !== 'StaticBlock')
      yield* hoistedNames(child);
  }
}

function* declaredNames(declaration: AnyNode): Generator<string> {
  for (const declarator of declaration.declarations as AnyNode[]) yield* boundNames(declarator.id as AnyNode);
}
