export { type BoundedQueue, boundedQueue } from "./bounded-queue.ts";
export { type Clock, systemClock, type Timer } from "./clock.ts";
export { withDeadline } from "./deadline.ts";
export {
  CancelledError,
  ConfigurationError,
  describe,
  errorType,
  FlyballError,
  type FlyballErrorOptions,
  TimeoutError,
  toError,
} from "./errors.ts";
export { type FakeClock, fakeClock } from "./fake-clock.ts";
export { newRunId, newSpanId, newTraceId } from "./ids.ts";
export { type FailureLog, failureLog, type Logger, silentLogger } from "./logger.ts";
export { compose, type Middleware } from "./middleware.ts";
