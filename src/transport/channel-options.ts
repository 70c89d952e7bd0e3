import type { RolecallError } from '../errors.ts';
import { FRAME_LIMITS, type FrameLimits, type Message } from '../protocol/frame.ts';
import type { Hello } from '../protocol/hello.ts';
import { LARGEST_FRAME_BYTES, type RoomForFrame } from '../protocol/parts.ts';

export interface ChannelLimits extends FrameLimits {
  /** The largest frame: what the peer sent in one turn, or one message that is larger. */
  readonly frameBytes: number;
}

export const CHANNEL_LIMITS: ChannelLimits = { ...FRAME_LIMITS, frameBytes: LARGEST_FRAME_BYTES };

export interface ChannelOptions<In extends Message> {
  /** What this side says of itself. */
  readonly hello: Hello;
  /** Checks the shape of a message; if it throws, the peer is cut off. */
  readonly parse: (message: Message, peer: Hello) => In;
  /** @default CHANNEL_LIMITS */
  readonly limits?: ChannelLimits;
  /** Where large frames of the peer's go. @default to the heap */
  readonly roomFor?: RoomForFrame;
  /** How long the peer may take to say hello. @default 10000 */
  readonly deadlineMs?: number;
  /** Calls its argument at the end of the turn, to send what the turn wrote. @default at the end of this turn: when all microtasks have run */
  readonly defer?: (flush: () => void) => void;
}

export interface ChannelHandlers<In extends Message> {
  /** What the peer wrote in one turn, in order. */
  messages(batch: readonly In[]): void;
  /**
   * The channel has ended; called exactly once, last of all. The reason is undefined if a side said goodbye or this side
   * destroyed it; ERR_CONNECTION_LOST if the peer vanished; ERR_DEADLINE if it was silent for too long; ERR_FRAME or ERR_PROTOCOL if the peer misbehaved and was cut off, or
   * cut off this side.
   */
  closed(reason: RolecallError | undefined): void;
}
