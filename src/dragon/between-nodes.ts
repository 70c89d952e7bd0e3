/** What `dragonBetweenNodes` may be set to. */
export const BETWEEN_NODES = ['auto', 'always', 'never'] as const;
