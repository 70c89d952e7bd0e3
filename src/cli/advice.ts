/** Whether the ranks of scheduler and client keep whole nodes from working, so that they should work too (`inclusive`). Pure. */

export interface Layout {
  readonly nodes: number;
  /** Ranks on each node. */
  readonly tasksPerNode: number;
}

export interface Advice {
  readonly inclusive: boolean;
  /** In a sentence, for a comment. */
  readonly why: string;
}

/** Ranks are laid out node by node, so the scheduler (0) and the client (1) are on the first node, or the first two. */
export function adviseInclusive({ nodes, tasksPerNode }: Layout): Advice {
  const size = nodes * tasksPerNode;
  if (size < 3) return { inclusive: true, why: `with ${size} ranks there would be none left to work` };
  const idle = tasksPerNode === 1 ? 2 : tasksPerNode === 2 ? 1 : 0;
  if (idle === 0) return { inclusive: false, why: 'the node with scheduler and client has ranks that work as well' };
  const which = idle === 1 ? 'one node' : 'two nodes';
  return { inclusive: true, why: `else scheduler and client would keep ${which} of ${nodes} from working` };
}
