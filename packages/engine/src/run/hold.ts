/**
 * A node that never settles and waits for nothing that Node.js knows of would let the process end before its timeout
 * comes, since the clock's timers do not keep it alive. One handle, referenced while a timeout is armed, does.
 */
let handle: NodeJS.Timeout | undefined;
let held = 0;

/** Keeps the process alive until as many calls of `release` as of `hold` were made. */
export function hold(): void {
  if (held++ > 0) return;
  handle ??= setInterval(() => {}, 2 ** 31 - 1);
  handle.ref();
}

export function release(): void {
  if (--held === 0) handle?.unref();
}
