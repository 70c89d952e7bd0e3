/**
 * A class is sent as its text and the present values of its static properties. So at the receiver no static
 * initialiser and no static block is run again: they are blanked out of the text. The exception are classes with
 * private static members, whose values cannot be read from outside: there all of them run again.
 */
import { findFreeNames } from './free-names.ts';
import type { FunctionSource } from './source.ts';
import type { AnyNode } from './syntax.ts';
import { blank } from './text.ts';

/** The facts about a class with this text; `node` is its syntax tree. */
export function classSource(text: string, node: AnyNode): Omit<FunctionSource, 'form' | 'isSloppy'> {
  const members = (node.body as AnyNode).body as AnyNode[];
  const blanked = members.some((member) => member.static && isPrivate(member)) ? [] : members.filter(runsOnce);
  const quiet = blanked.reduce(blankInitialiser, text);
  const heritage = node.superClass as AnyNode | null;
  const silent = new Set(blanked.map((member) => (member.type === 'StaticBlock' ? member : member.value)));
  const free = findFreeNames(withoutParts(node, silent, heritage));
  const superName = heritage === null ? undefined : nameOf(heritage, free.names);
  return {
    text: heritage === null || heritage.type === 'Identifier' ? quiet : nameHeritage(quiet, heritage, superName!),
    free,
    anchor: constructorAnchor(members),
    class: {
      superName,
      hasPrivateMembers: members.some((member) => !member.static && isPrivate(member)),
    },
  };
}

function runsOnce(member: AnyNode): boolean {
  return (
    member.type === 'StaticBlock' || (member.type === 'PropertyDefinition' && Boolean(member.static && member.value))
  );
}

function isPrivate(member: AnyNode): boolean {
  return (member.key as AnyNode | undefined)?.type === 'PrivateIdentifier';
}

function blankInitialiser(text: string, member: AnyNode): string {
  if (member.type === 'StaticBlock') return blank(text, member.start, member.end);
  const key = member.key as AnyNode;
  const keyEnd = member.computed ? text.indexOf(']', key.end) + 1 : key.end;
  return blank(text, text.indexOf('=', keyEnd), member.end, ';');
}

/** The name of what is extended. One letter, where it is an expression: it has to fit in its place. */
function nameOf(heritage: AnyNode, taken: ReadonlySet<string>): string {
  return heritage.type === 'Identifier' ? (heritage.name as string) : ['$', '_', 'S'].find((name) => !taken.has(name))!;
}

/** Replaces `extends mixin(Base)` by a plain name, which the receiver binds to the class that the call had made. */
function nameHeritage(text: string, heritage: AnyNode, name: string): string {
  const opening = text.slice(0, heritage.start).match(/[\s(]*$/)![0].length;
  const closing = text.slice(heritage.end).match(/^[\s)]*/)![0].length;
  return blank(text, heritage.start - opening, heritage.end + closing, ` ${name}`);
}

/** A copy of the tree of a class without what the receiver does not evaluate. */
function withoutParts(node: AnyNode, silent: ReadonlySet<unknown>, heritage: AnyNode | null): AnyNode {
  const body = node.body as AnyNode;
  const members = (body.body as AnyNode[])
    .filter((member) => !silent.has(member))
    .map((member) => (silent.has(member.value) ? { ...member, value: null } : member));
  return { ...node, superClass: heritage?.type === 'Identifier' ? heritage : null, body: { ...body, body: members } };
}

function constructorAnchor(members: readonly AnyNode[]): number {
  const definition = members.find((member) => member.kind === 'constructor');
  return definition === undefined ? 0 : (definition.value as AnyNode).start;
}
