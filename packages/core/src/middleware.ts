/**
 * Wraps an operation: may look at the context, call `next` (at most once), and return its value or another.
 * Every optimization in Flyball has this shape.
 */
export type Middleware<Context, Value> = (context: Context, next: () => Promise<Value>) => Promise<Value>;

/**
 * Joins middleware, outermost first, around `operation`. With none the operation is returned as it is, so that
 * nothing is paid for what is not used.
 * @throws when a middleware calls `next` twice: an operation must not run twice unseen.
 */
export function compose<Context, Value>(
  middleware: readonly Middleware<Context, Value>[],
  operation: (context: Context) => Promise<Value>,
): (context: Context) => Promise<Value> {
  let composed = operation;
  for (const layer of middleware.toReversed()) {
    const inner = composed;
    composed = (context) => {
      let called = false;
      return layer(context, () => {
        if (called) return Promise.reject(new Error("next() was called twice by one middleware"));
        called = true;
        return inner(context);
      });
    };
  }
  return composed;
}
