/** A process that a rank started beside itself: it gets the contact from there, over the pipe whose end is also its own. */
import { type Contact, contactText, parseContact } from './contact.ts';
import type { Meeting } from './folder.ts';
import type { MeetingPoint } from './meeting-point.ts';

export class InputMeeting implements MeetingPoint {
  readonly place = 'on the standard input';
  readonly isCheap = true;
  #text = '';

  /** To be made before the input flows. */
  constructor(input: NodeJS.ReadableStream) {
    input.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('utf8');
    });
  }

  discover(): Meeting {
    const end = this.#text.indexOf('\n');
    if (end < 0) return { kind: 'nobody' };
    return { kind: 'open', contact: parseContact(this.#text.slice(0, end), 'the standard input') };
  }

  publish(): void {}

  unpublish(): void {}
}

/** Tells a process that was started beside this one. */
export function tellContact(input: NodeJS.WritableStream | null | undefined, contact: Contact): void {
  input?.write(contactText(contact));
}
