import { PACKET_BYTES } from '../protocol/parts.ts';

/** Options of `ws` that hold on both sides. */
export const WS_OPTIONS = {
  perMessageDeflate: false,
  maxPayload: PACKET_BYTES,
  skipUTF8Validation: true,
  closeTimeout: 2000,
} as const;
