/**
 * A frame travels in packets, so that one value of 100 MB neither is one write nor blocks the event loop. A small frame is one
 * packet. A large one is announced by a packet of its own, and its bytes follow in packets of at most `PACKET_BYTES` until the
 * announced number is reached; nothing else comes in between.
 *
 *     announcement = u32 kind | u32 zero | u64 bytes of the frame          (numbers little-endian)
 */
import { RolecallError } from '../errors.ts';
import { FRAME_KIND } from './frame.ts';

/** What is sent at once: pieces of memory that follow each other. */
export type Packet = readonly Uint8Array[];

/** No packet is larger than this. */
export const PACKET_BYTES = 2 ** 20;
/** The largest frame that is put together again by default. */
export const LARGEST_FRAME_BYTES = 2 * 2 ** 30;

/** Pieces up to this total share a packet, which costs a copy of them; a frame up to this size is one packet. */
const JOINED_BYTES = 256 * 2 ** 10;
/** A frame up to this size gets its memory when announced (pages cost nothing until written); a larger one as its bytes arrive. */
const TRUSTED_BYTES = 256 * 2 ** 20;

const LARGE_FRAME_KIND = 2;
const ANNOUNCEMENT_BYTES = 16;

/** Cuts a frame into packets, without copying. */
export function packetsOf(frame: Packet): Packet[] {
  const total = bytesOf(frame);
  if (total <= JOINED_BYTES) return [frame];
  const packets: Packet[] = [[announcement(total)]];
  let packet: Uint8Array[] = [];
  let packetBytes = 0;
  for (const part of partsOf(frame)) {
    if (packetBytes > 0 && packetBytes + part.byteLength > JOINED_BYTES) {
      packets.push(packet);
      packet = [];
      packetBytes = 0;
    }
    packet.push(part);
    packetBytes += part.byteLength;
  }
  packets.push(packet);
  return packets;
}

/** The bytes of all pieces together. */
export function bytesOf(packet: Packet): number {
  let bytes = 0;
  for (const piece of packet) bytes += piece.byteLength;
  return bytes;
}

function announcement(total: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(ANNOUNCEMENT_BYTES));
  view.setUint32(0, LARGE_FRAME_KIND, true);
  view.setBigUint64(8, BigInt(total), true);
  return new Uint8Array(view.buffer);
}

function* partsOf(frame: Packet): Generator<Uint8Array> {
  for (const piece of frame) {
    for (let start = 0; start < piece.byteLength; start += PACKET_BYTES) {
      yield piece.subarray(start, start + PACKET_BYTES);
    }
  }
}

/** `memory` holds the first `arrived` bytes of `total`. */
interface LargeFrame {
  readonly total: number;
  arrived: number;
  memory: Uint8Array;
  /** Then nothing is in memory. */
  readonly room: FrameRoom | undefined;
}

/** Where a large frame goes, if not to the heap: it is written there part by part. */
export interface FrameRoom {
  write(part: Uint8Array, at: number): void;
  /** All of it, once it is written. */
  whole(): Uint8Array;
}

/** Room for a frame of so many bytes; undefined: on the heap. */
export type RoomForFrame = (bytes: number) => FrameRoom | undefined;

/** Puts frames together again from the packets of one peer. */
export class Reassembler {
  readonly #limitBytes: number;
  readonly #roomFor: RoomForFrame;
  /** Of a part that goes elsewhere: the same for all of them. */
  #part: Uint8Array | undefined;
  /** The large frame that is coming in, if one is. */
  #large: LargeFrame | undefined;

  /**
   * @param limitBytes the largest frame that is accepted
   * @param roomFor where large frames go
   */
  constructor(limitBytes: number = LARGEST_FRAME_BYTES, roomFor: RoomForFrame = () => undefined) {
    this.#limitBytes = limitBytes;
    this.#roomFor = roomFor;
  }

  /**
   * Takes the next packet; returns a frame if the packet completes one. A frame that came in one packet is that packet's
   * memory, a larger one has memory of its own.
   *
   * @throws RolecallError ERR_FRAME if the packet cannot be the next one, or announces a frame over the limit.
   */
  push(packet: Uint8Array): Uint8Array | undefined {
    expect(packet.byteLength <= PACKET_BYTES, () => `it has ${packet.byteLength} bytes, the limit is ${PACKET_BYTES}`);
    if (this.#large !== undefined) return this.#append(this.#large, packet);
    expect(packet.byteLength >= 8, () => `it has ${packet.byteLength} bytes, too few for any kind`);
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const kind = view.getUint32(0, true);
    if (kind === FRAME_KIND) {
      expect(
        packet.byteLength <= this.#limitBytes,
        () => `a frame has ${packet.byteLength} bytes, the limit is ${this.#limitBytes}`,
      );
      return packet;
    }
    expect(kind === LARGE_FRAME_KIND, () => `its kind is ${kind}, which is none`);
    expect(packet.byteLength === ANNOUNCEMENT_BYTES, () => `an announcement has ${packet.byteLength} bytes`);
    this.#begin(Number(view.getBigUint64(8, true)));
    return undefined;
  }

  /** Where the next packet goes if it is a part of a large frame: written there, and pushed from there, it is not copied again. */
  room(bytes: number): Uint8Array | undefined {
    const large = this.#large;
    if (large === undefined || bytes === 0 || large.arrived + bytes > large.total) return undefined;
    if (large.room !== undefined) {
      this.#part ??= new Uint8Array(PACKET_BYTES);
      return this.#part.subarray(0, bytes);
    }
    makeRoom(large, large.arrived + bytes);
    return large.memory.subarray(large.arrived, large.arrived + bytes);
  }

  #begin(total: number): void {
    expect(total > 0, () => 'it announces a frame of no bytes');
    expect(total <= this.#limitBytes, () => `it announces a frame of ${total} bytes, the limit is ${this.#limitBytes}`);
    const room = this.#roomFor(total);
    const heapBytes = room === undefined ? Math.min(total, TRUSTED_BYTES) : 0;
    this.#large = { total, arrived: 0, memory: new Uint8Array(heapBytes), room };
  }

  #append(large: LargeFrame, packet: Uint8Array): Uint8Array | undefined {
    const arrived = large.arrived + packet.byteLength;
    expect(packet.byteLength > 0, () => 'it is empty, inside a large frame');
    expect(
      arrived <= large.total,
      () => `it goes ${arrived - large.total} bytes past the end of a frame of ${large.total}`,
    );
    if (large.room === undefined) put(large, packet);
    else large.room.write(packet, large.arrived);
    large.arrived = arrived;
    if (arrived < large.total) return undefined;
    this.#large = undefined;
    return large.room?.whole() ?? large.memory;
  }
}

function put(large: LargeFrame, packet: Uint8Array): void {
  makeRoom(large, large.arrived + packet.byteLength);
  const { buffer, byteOffset } = large.memory;
  const isThere = packet.buffer === buffer && packet.byteOffset === byteOffset + large.arrived;
  if (!isThere) large.memory.set(packet, large.arrived);
}

function makeRoom(large: LargeFrame, bytes: number): void {
  if (bytes <= large.memory.byteLength) return;
  const larger = new Uint8Array(Math.min(large.total, 2 * large.memory.byteLength));
  larger.set(large.memory);
  large.memory = larger;
}

/** The text is made only when it is needed: this runs for every packet. */
function expect(holds: boolean, otherwise: () => string): asserts holds {
  if (!holds) throw new RolecallError('ERR_FRAME', `Cannot read a packet: ${otherwise()}`);
}
