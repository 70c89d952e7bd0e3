/** Waits for a promise, but not for ever: rejects with what was waited for. */
export async function within<T>(promise: Promise<T>, what: string, ms = 15_000): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${what}`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
