/** What `transport` may be set to. */
export const TRANSPORTS = ['tls', 'wss', 'dragon'] as const;
export type TransportName = (typeof TRANSPORTS)[number];
