/** How many callers that were turned away are told of one by one, and how often a summary follows. */
const ONE_BY_ONE = 20;
const SUMMARY_MS = 60_000;

/** Tells of what strangers make happen, without letting them fill a log: the first ones, and from then on how many there were. */
export function fewLines(say: (text: string) => void): (error: Error) => void {
  let told = 0;
  let untold = 0;
  let last = '';
  const summarise = (): void => {
    say(`${untold} more callers were turned away; the last: ${last}`);
    untold = 0;
  };
  return ({ message }) => {
    if (told < ONE_BY_ONE) {
      told++;
      return say(message);
    }
    last = message;
    if (untold++ === 0) setTimeout(summarise, SUMMARY_MS).unref();
  };
}
