/** What is loaded once it is known that this process is a client (`clientSide` in on-demand.ts). */
export { encodeArguments, encodeArrayItems, encodeItems } from './client/arguments.ts';
export { ScatteredValue } from './client/scatter.ts';
export { schedulerOf } from './client/scheduler-address.ts';
export { Session } from './client/session.ts';
export { ClientRank } from './runners/client-rank.ts';
export { meetingPoint } from './runners/rendezvous/meeting-point.ts';
export { transportsInUse } from './runners/use-dragon.ts';
