/** Opens what the tickets it is sent name. */
import {
  closeMemory,
  type MemoryTicket,
  mapMemory,
  openTicket,
  type SharedMemory,
  unmapMemory,
} from '../../src/native/memfd.ts';

let memory: SharedMemory | undefined;
let map: ArrayBuffer | undefined;

process.on('message', ({ ticket }: { readonly ticket: MemoryTicket | null }) => {
  try {
    process.send?.({ text: ticket === null ? letGo() : read(ticket) });
  } catch (error) {
    process.send?.({ error: (error as Error).message });
  }
});

function read(ticket: MemoryTicket): string {
  memory = openTicket(ticket);
  map = mapMemory(memory);
  const text = Buffer.from(map).toString();
  Buffer.from(map).write('!');
  return text;
}

function letGo(): string {
  const text = Buffer.from(map as ArrayBuffer).toString();
  unmapMemory(map as ArrayBuffer);
  closeMemory(memory as SharedMemory);
  return text;
}
