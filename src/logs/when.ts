/** When something happened, in words: the time of day where this process runs, and how long after its start. */
export function whenText(time: number, startedAt: number): string {
  const clock = new Date(time).toTimeString().slice(0, 8);
  return `at ${clock}, ${secondsText(time - startedAt)} after the start`;
}

/** When something happens right now. */
export function nowText(): string {
  return whenText(Date.now(), performance.timeOrigin);
}

function secondsText(ms: number): string {
  const seconds = ms / 1000;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}
