/** After this time of silence the kernel asks whether the peer's machine is still there. */
export const KEEP_ALIVE_MS = 10_000;

/** Options of every socket, on both sides. */
export const SOCKET_OPTIONS = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, noDelay: true } as const;
