/**
 * Keeps the process alive while something is awaited. Sockets, timers and threads of the cache never do so by
 * themselves, or a cache would keep a finished script from ending; but Node would exit with an await unsettled.
 */
export interface Hold {
  take(): void;
  release(): void;
}

/** One handle switched on and off costs a tenth of a timer made for each operation. */
export function processHold(): Hold {
  let taken = 0;
  let handle: NodeJS.Timeout | undefined;
  return {
    take() {
      if (taken++ > 0) return;
      handle ??= setInterval(() => {}, 2 ** 30);
      handle.ref();
    },
    release() {
      if (--taken === 0) handle?.unref();
    },
  };
}
