interface Failure {
  readonly error: unknown;
  readonly until: number;
}

const mostFailures = 1_000;

/** Failures that are given to whoever asks for a while, instead of failing again. */
export class FailureMemory {
  readonly #byKey = new Map<string, Failure>();

  /** `until`: monotonic milliseconds. */
  add(key: string, error: unknown, until: number): void {
    if (this.#byKey.size >= mostFailures) this.#byKey.delete(this.#byKey.keys().next().value as string);
    this.#byKey.set(key, { error, until });
  }

  get(key: string, now: number): Failure | undefined {
    const failure = this.#byKey.get(key);
    if (!failure || failure.until > now) return failure;
    this.#byKey.delete(key);
    return undefined;
  }

  delete(key: string): void {
    this.#byKey.delete(key);
  }

  clear(): void {
    this.#byKey.clear();
  }
}
