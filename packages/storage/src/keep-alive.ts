/**
 * Keeps the process alive until `promise` settles. Threads and sockets of the store never keep it alive by
 * themselves, so whoever awaits an answer from one must, or Node exits with the await unsettled.
 */
export async function keepingAlive<T>(promise: Promise<T>): Promise<T> {
  const handle = setInterval(() => {}, 2 ** 30);
  try {
    return await promise;
  } finally {
    clearInterval(handle);
  }
}
