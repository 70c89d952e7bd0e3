/** How a task stands, as the client's arrays keep it. */
export const PENDING = 0;
export const FINISHED = 1;
export const FAILED = 2;
export const CANCELLED = 3;
